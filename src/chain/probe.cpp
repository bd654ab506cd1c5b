#include "chain/probe.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/file.h"

namespace unrig::chain {
namespace {

constexpr std::size_t longest_answer = 1 << 20;

/// Waits for the descriptor. Error: the time is over.
Result<> wait_for(int fd, short events, const Clock& clock, Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
  pollfd poll_fd{fd, events, 0};
  const int ready = left > 0 ? poll(&poll_fd, 1, static_cast<int>(left)) : 0;
  if (ready > 0 || (ready < 0 && errno == EINTR)) return {};
  return fail(ErrorKind::environment, "no complete answer in time");
}

Result<UniqueFd> connect_to(int port, const Clock& clock, Instant deadline) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto name = fmt::format("connect to 127.0.0.1:{}", port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EINPROGRESS) return fail_errno(name, errno);
    if (const auto ready = wait_for(fd.get(), POLLOUT, clock, deadline); !ready)
      return std::unexpected(ready.error());
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail_errno(name, error);
  }
  return fd;
}

/// Reads until the server closes, as it does after "Connection: close". Into a text of the
/// caller's: of one that is returned in a Result the compiler warns without a cause (GCC 12,
/// array-bounds).
Result<> read_answer(int fd, const Clock& clock, Instant deadline, std::string& answer) {
  while (answer.size() < longest_answer) {
    if (const auto ready = wait_for(fd, POLLIN, clock, deadline); !ready)
      return std::unexpected(ready.error());
    char buffer[4096];
    const auto got = recv(fd, buffer, sizeof buffer, 0);
    if (got == 0) return {};
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return fail_errno("read from the server", errno);
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return {};
}

}  // namespace

Result<Answer> get(int port, std::string_view path, const Clock& clock, Duration limit,
                   Sent* sent) {
  const auto deadline = clock.now() + limit;
  const auto fd = connect_to(port, clock, deadline);
  if (!fd) return std::unexpected(fd.error());
  // Version 1.0, as nginx speaks it to the application: Uvicorn 0.11 keeps a connection of version
  // 1.1 open whatever it is asked.
  const auto request =
      fmt::format("GET {} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", path, port);
  if (send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return fail_errno("write to the server", errno);
  }
  if (sent != nullptr) sent->whole = true;
  std::string answer;
  if (const auto read = read_answer(fd->get(), clock, deadline, answer); !read)
    return std::unexpected(read.error());

  // "HTTP/1.1 200 OK"
  constexpr std::size_t status_at = 9;
  int status = 0;
  if (!answer.starts_with("HTTP/1.") || answer.size() < status_at + 3 ||
      std::from_chars(answer.data() + status_at, answer.data() + status_at + 3, status).ec !=
          std::errc{}) {
    return fail(ErrorKind::environment, "the answer is not HTTP");
  }
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const auto head = answer.find(end_of_head);
  return Answer{status, head == std::string::npos ? "" : answer.substr(head + end_of_head.size())};
}

}  // namespace unrig::chain
