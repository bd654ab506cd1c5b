#include "load/null_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "host/endpoint.h"

namespace unrig::load {
namespace {

// Longer bodies repeat a piece of this size, which stays in the first-level cache: copying one from
// memory would make the server slower than a client that does not look at it.
constexpr std::size_t null_piece_size = std::size_t{16} * 1024;
constexpr std::size_t null_pieces_at_a_time = 64;
constexpr std::size_t null_buffer_size = std::size_t{64} * 1024;

}  // namespace

NullServer::After NullServer::Decision::operator()(std::string_view request) {
  if (request != last_) {
    last_ = request;
    const bool old = request.find("HTTP/1.0\r\n") != std::string_view::npos;
    const bool keep = request.find("eep-") != std::string_view::npos;
    const bool close = request.find("onnection: close") != std::string_view::npos;
    const After kept = old ? After::keep_alive_said : After::keep_alive;
    after_ = close || (old && !keep) ? After::close : kept;
  }
  return after_;
}

Result<NullServer> NullServer::listen(int port, std::size_t body_size) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Others compute a sending rate for every packet, on the generator's core.
  constexpr std::string_view oldest = "reno";
  ::setsockopt(listener.get(), IPPROTO_TCP, TCP_CONGESTION, oldest.data(), oldest.size());
  auto address = host::socket_address(host::loopback(port));
  auto* at = reinterpret_cast<sockaddr*>(&address.storage);
  constexpr int backlog = 4096;
  if (::bind(listener.get(), at, address.length) != 0 || ::listen(listener.get(), backlog) != 0 ||
      ::getsockname(listener.get(), at, &address.length) != 0) {
    return fail_errno(fmt::format("cannot listen on port {}", port), errno);
  }
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener.get()}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event) != 0)
    return fail_errno("epoll", errno);
  const int bound = ntohs(reinterpret_cast<const sockaddr_in*>(at)->sin_port);
  return NullServer(std::move(listener), std::move(epoll), bound, body_size);
}

NullServer::NullServer(UniqueFd listener, UniqueFd epoll, int port, std::size_t body_size)
    : listener_(std::move(listener)),
      epoll_(std::move(epoll)),
      port_(port),
      piece_(null_piece_size, 'x'),
      long_body_(body_size > null_piece_size ? body_size : 0),
      buffer_(null_buffer_size),
      connections_(1024) {
  for (const std::string_view connection :
       {"Connection: close\r\n", "", "Connection: keep-alive\r\n"}) {
    answers_.push_back(fmt::format(
        "HTTP/1.1 200 OK\r\nServer: null\r\n{}Content-Type: text/plain\r\nContent-Length: "
        "{}\r\n\r\n{}",
        connection, body_size, std::string(body_size - long_body_, 'x')));
  }
}

void NullServer::serve(const std::stop_token& stop) {
  constexpr int look_ms = 100;
  std::array<epoll_event, 256> ready;
  while (!stop.stop_requested()) {
    const int count =
        ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), look_ms);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_.get()) {
        accept_all();
      } else {
        handle(event.data.fd, event.events);
      }
    }
  }
}

void NullServer::accept_all() {
  while (true) {
    UniqueFd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted) return;
    const int fd = accepted.get();
    const auto index = static_cast<std::size_t>(fd);
    if (index >= connections_.size()) connections_.resize(2 * index);
    connections_[index] = {.fd = std::move(accepted)};
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

void NullServer::handle(int fd, std::uint32_t events) {
  Connection& connection = connections_[static_cast<std::size_t>(fd)];
  if ((events & EPOLLOUT) != 0 && !connection.sent()) send_more(fd, connection);
  if ((events & EPOLLIN) != 0) {
    const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return connection.fd.reset();
    connection.after = decision_({buffer_.data(), static_cast<std::size_t>(size)});
    answer(fd, connection);
  }
  const bool done = connection.after == After::close && connection.sent();
  if (done || (events & EPOLLRDHUP) != 0) connection.fd.reset();
}

void NullServer::answer(int fd, Connection& connection) {
  connection.unsent = answers_[static_cast<std::size_t>(connection.after)];
  connection.unsent_pieces = long_body_;
  send_more(fd, connection);
}

void NullServer::send_more(int fd, Connection& connection) {
  const int more = connection.unsent_pieces > 0 ? MSG_MORE : 0;
  while (!connection.unsent.empty()) {
    const ssize_t size =
        ::send(fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL | more);
    if (size < 0) return;
    connection.unsent.remove_prefix(static_cast<std::size_t>(size));
  }
  while (connection.unsent_pieces > 0) {
    const ssize_t size = send_pieces(fd, connection.unsent_pieces);
    if (size < 0) return;
    connection.unsent_pieces -= static_cast<std::size_t>(size);
  }
}

ssize_t NullServer::send_pieces(int fd, std::size_t left) {
  std::array<iovec, null_pieces_at_a_time> pieces;
  msghdr message{.msg_iov = pieces.data()};
  for (; left > 0 && message.msg_iovlen < pieces.size(); ++message.msg_iovlen) {
    const std::size_t size = std::min(left, piece_.size());
    pieces[message.msg_iovlen] = {.iov_base = piece_.data(), .iov_len = size};
    left -= size;
  }
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

Result<Outcome> run_against_null_server(Plan plan, const Clock& clock,
                                        const std::stop_token& stop) {
  auto server = NullServer::listen();
  if (!server) return std::unexpected(server.error());
  plan.address = address_of(host::loopback(server->port()));
  const std::jthread serving([&](const std::stop_token& over) { server->serve(over); });
  return run(plan, clock, stop);
}

}  // namespace unrig::load
