/// \file
/// An HTTP server that does as little as possible: one thread, one precomputed answer. Load
/// generators are measured against it, so it must be faster than every one of them. It is no
/// server for anything else: it takes what arrives in one piece for one request.
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "host/loopback.h"

namespace {

// Longer bodies repeat a piece of this size, which stays in the first-level cache: copying one from
// memory would make the server slower than a client that does not look at it.
constexpr std::size_t piece_size = 16 * 1024;
constexpr std::size_t pieces_at_a_time = 64;

enum class After { close, keep_alive, keep_alive_said };

/// What a request wants to happen to its connection; remembered for the last one, because they are
/// all the same.
class Decision {
 public:
  After operator()(std::string_view request) {
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

 private:
  std::string last_;
  After after_ = After::close;
};

class NullServer {
 public:
  NullServer(int listener, std::size_t body_size)
      : listener_(listener),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        piece_(piece_size, 'x'),
        long_body_(body_size > piece_size ? body_size : 0) {
    for (const std::string_view connection :
         {"Connection: close\r\n", "", "Connection: keep-alive\r\n"}) {
      answers_.push_back(fmt::format(
          "HTTP/1.1 200 OK\r\nServer: null\r\n{}Content-Type: text/plain\r\nContent-Length: "
          "{}\r\n\r\n{}",
          connection, body_size, std::string(body_size - long_body_, 'x')));
    }
    watch(listener_, EPOLLIN);
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 256> ready;
    while (true) {
      const int count = epoll_wait(epoll_, ready.data(), ready.size(), -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_all();
        } else {
          handle(event.data.fd, event.events);
        }
      }
    }
  }

 private:
  struct Connection {
    After after = After::keep_alive;
    std::string_view unsent;        // of the head, and of a short body
    std::size_t unsent_pieces = 0;  // bytes of a long body
  };

  void watch(int fd, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const auto index = static_cast<std::size_t>(fd);
      if (index >= connections_.size()) connections_.resize(2 * index);
      connections_[index] = {};
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  void handle(int fd, std::uint32_t events) {
    Connection& connection = connections_[static_cast<std::size_t>(fd)];
    if ((events & EPOLLOUT) != 0 && !sent(connection)) send_more(fd, connection);
    if ((events & EPOLLIN) != 0) {
      const ssize_t size = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) {
        close(fd);
        return;
      }
      connection.after = decision_({buffer_.data(), static_cast<std::size_t>(size)});
      answer(fd, connection);
    }
    const bool done = connection.after == After::close && sent(connection);
    if (done || (events & EPOLLRDHUP) != 0) close(fd);
  }

  static bool sent(const Connection& connection) {
    return connection.unsent.empty() && connection.unsent_pieces == 0;
  }

  void answer(int fd, Connection& connection) {
    connection.unsent = answers_[static_cast<std::size_t>(connection.after)];
    connection.unsent_pieces = long_body_;
    send_more(fd, connection);
  }

  void send_more(int fd, Connection& connection) {
    const int more = connection.unsent_pieces > 0 ? MSG_MORE : 0;
    while (!connection.unsent.empty()) {
      const ssize_t size =
          send(fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL | more);
      if (size < 0) return;
      connection.unsent.remove_prefix(static_cast<std::size_t>(size));
    }
    while (connection.unsent_pieces > 0) {
      const ssize_t size = send_pieces(fd, connection.unsent_pieces);
      if (size < 0) return;
      connection.unsent_pieces -= static_cast<std::size_t>(size);
    }
  }

  ssize_t send_pieces(int fd, std::size_t left) {
    std::array<iovec, pieces_at_a_time> pieces;
    msghdr message{.msg_iov = pieces.data()};
    for (; left > 0 && message.msg_iovlen < pieces.size(); ++message.msg_iovlen) {
      const std::size_t size = std::min(left, piece_.size());
      pieces[message.msg_iovlen] = {.iov_base = piece_.data(), .iov_len = size};
      left -= size;
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
  }

  int listener_;
  int epoll_;
  std::vector<std::string> answers_;  // by After
  Decision decision_;
  std::string piece_;
  std::size_t long_body_;  // its size; 0: the body is in the answers
  std::array<char, 65536> buffer_{};
  std::vector<Connection> connections_ = std::vector<Connection>(1024);  // by descriptor
};

int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Others compute a sending rate for every packet, on the generator's core.
  constexpr std::string_view oldest = "reno";
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, oldest.data(), oldest.size());
  const sockaddr_in address = unrig::host::ipv4_loopback(port);
  const bool listening =
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(fd, 4096) == 0;
  return listening ? fd : -1;
}

}  // namespace

/// null_server PORT [BODY_SIZE]: serves 127.0.0.1:PORT until it is killed.
int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: null_server PORT [BODY_SIZE]\n");
    return 2;
  }
  const int listener = listen_on(std::atoi(argv[1]));
  if (listener < 0) {
    fmt::print(stderr, "cannot listen on port {}\n", argv[1]);
    return 3;
  }
  NullServer(listener, argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 16).serve();
}
