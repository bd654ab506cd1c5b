#include "queue_server.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "host/loopback.h"

namespace unrig::bench {
namespace {

constexpr std::string_view answer_bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Received {
  ssize_t size = 0;
  WallTime stamp{};  // of the kernel; WallTime{} when it gave none
};

/// One recvmsg, and the stamp that came with it.
Received receive(int fd, int flags) {
  std::array<char, 4096> bytes;
  alignas(cmsghdr) std::array<char, 512> control;
  iovec into{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Received received{.size = recvmsg(fd, &message, flags)};
  if (received.size < 0) return received;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping stamps;
    std::memcpy(&stamps, CMSG_DATA(part), sizeof stamps);
    received.stamp = WallTime{std::chrono::seconds(stamps.ts[0].tv_sec) +
                              std::chrono::nanoseconds(stamps.ts[0].tv_nsec)};
  }
  return received;
}

}  // namespace

QueueServer::QueueServer(Behaviour behaviour, const Clock& clock)
    : behaviour_(std::move(behaviour)), clock_(clock), wall_ahead_(wall_ahead()) {
  listen();
  thread_ = std::jthread([this](const std::stop_token& stop) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(behaviour_.core, &set);
    sched_setaffinity(0, sizeof set, &set);
    while (!stop.stop_requested()) turn();
  });
}

void QueueServer::listen() {
  listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (behaviour_.stamps_packets) {  // what is accepted inherits it
    const unsigned what = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                          SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
    setsockopt(listener_.get(), SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof what);
  }
  sockaddr_in address = host::ipv4_loopback();
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 4096) == 0) {
    getsockname(listener_.get(), any, &size);
  }
  port_ = ntohs(address.sin_port);
  watch(listener_.get());
}

Log QueueServer::log() {
  thread_ = {};
  return {.served = std::move(served_), .clocks_apart = wall_ahead() - wall_ahead_};
}

/// Of several tries the one in which reading the clocks took least.
Duration QueueServer::wall_ahead() const {
  Duration ahead{0};
  Duration narrowest = Duration::max();
  for (int i = 0; i < 100; ++i) {
    const Instant before = clock_.now();
    const WallTime wall = clock_.wall();
    const Duration width = clock_.now() - before;
    if (width >= narrowest) continue;
    narrowest = width;
    ahead = wall.time_since_epoch() - (before + width / 2).time_since_epoch();
  }
  return ahead;
}

void QueueServer::watch(int fd) const {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void QueueServer::turn() {
  while (!due_.empty() && due_.top().when <= clock_.now()) {
    const Due due = due_.top();
    due_.pop();
    answer(due);
  }
  std::array<epoll_event, 16> ready;
  const int count = epoll_wait(epoll_.get(), ready.data(), ready.size(), 0);
  for (int i = 0; i < count; ++i) {
    const int fd = ready[static_cast<std::size_t>(i)].data.fd;
    fd == listener_.get() ? accept_one() : read(fd);
  }
}

void QueueServer::accept_one() {
  const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections_.emplace_back(fd);
  watch(fd);
}

void QueueServer::read(int fd) {
  const Received request = receive(fd, 0);
  if (request.size < 0 && errno == EAGAIN) {
    receive(fd, MSG_ERRQUEUE);  // a stamp that came late would be reported for ever
    return;
  }
  if (request.size <= 0) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    return;
  }
  const Instant now = clock_.now();
  const bool waits = behaviour_.discipline == Discipline::one_server;
  const Instant begin = waits ? std::max(now, free_) : now;
  free_ = begin + behaviour_.service();
  Served served{.arrived = now, .answered = {}, .packet_in = {}, .packet_out = {}};
  if (request.stamp != WallTime{}) {
    served.packet_in = Instant{request.stamp.time_since_epoch() - wall_ahead_};
  }
  due_.push({free_, served, fd});
}

void QueueServer::answer(const Due& due) {
  Served served = due.so_far;
  served.answered = clock_.now();
  send(due.fd, answer_bytes.data(), answer_bytes.size(), MSG_NOSIGNAL);
  if (behaviour_.stamps_packets) {
    // On loopback the packet has left before send returns.
    const Received sent = receive(due.fd, MSG_ERRQUEUE);
    if (sent.stamp != WallTime{}) {
      served.packet_out = Instant{sent.stamp.time_since_epoch() - wall_ahead_};
    }
  }
  served_.push_back(served);
}

}  // namespace unrig::bench
