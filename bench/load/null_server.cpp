/// \file
/// An HTTP server that does as little as possible: one thread, one precomputed answer. Load
/// generators are measured against it, so it must be faster than every one of them. It is no
/// server for anything else: it takes what arrives in one piece for one request.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

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
        answers_{answer(body_size, "Connection: close\r\n"), answer(body_size, ""),
                 answer(body_size, "Connection: keep-alive\r\n")} {
    watch(listener_, EPOLLIN);
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 256> ready;
    while (true) {
      const int count = epoll_wait(epoll_, ready.data(), ready.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else {
          handle(fd, ready[static_cast<std::size_t>(i)].events);
        }
      }
    }
  }

 private:
  static std::string answer(std::size_t body_size, std::string_view connection) {
    return fmt::format(
        "HTTP/1.1 200 OK\r\nServer: null\r\n{}Content-Type: text/plain\r\nContent-Length: "
        "{}\r\n\r\n{}",
        connection, body_size, std::string(body_size, 'x'));
  }

  void watch(int fd, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (static_cast<std::size_t>(fd) >= unsent_.size())
        unsent_.resize(2 * static_cast<std::size_t>(fd));
      unsent_[static_cast<std::size_t>(fd)] = {};
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  void handle(int fd, std::uint32_t events) {
    if (!unsent_[static_cast<std::size_t>(fd)].empty() && (events & EPOLLOUT) != 0) send_more(fd);
    if ((events & EPOLLIN) == 0) return;
    const ssize_t size = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      close(fd);
      return;
    }
    const After after = decision_({buffer_.data(), static_cast<std::size_t>(size)});
    const bool closes = after == After::close;
    unsent_[static_cast<std::size_t>(fd)] = answers_[static_cast<std::size_t>(after)];
    send_more(fd);
    if (closes && unsent_[static_cast<std::size_t>(fd)].empty()) {
      close(fd);
    } else if ((events & EPOLLRDHUP) != 0) {
      close(fd);
    }
  }

  void send_more(int fd) {
    std::string_view& rest = unsent_[static_cast<std::size_t>(fd)];
    while (!rest.empty()) {
      const ssize_t sent = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  int listener_;
  int epoll_;
  std::array<std::string, 3> answers_;  // by After
  Decision decision_;
  std::array<char, 65536> buffer_{};
  std::vector<std::string_view> unsent_ = std::vector<std::string_view>(1024);
};

int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
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
