#include "audit/raw_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "http/text.h"

namespace unrig::audit {
namespace {

/// Calls `take(name, value)` for each field of a head.
template <class Take>
void for_each_field(std::string_view head, Take take) {
  const auto lines = split(head, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    take(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
}

std::string why_incomplete(const RawAnswer& answer, ConnectionEnd end) {
  const char* what = answer.head.empty() ? "any byte of the answer" : "the answer was complete";
  switch (end) {
    case ConnectionEnd::open:
      return answer.head.empty() ? "no answer in time" : "no complete answer in time";
    case ConnectionEnd::closed:
      return fmt::format("the connection was closed before {}", what);
    case ConnectionEnd::reset:
      return fmt::format("the connection was reset before {}", what);
  }
  return {};
}

}  // namespace

std::vector<std::string> RawAnswer::values(std::string_view name) const {
  std::vector<std::string> found;
  for_each_field(head, [&](std::string_view field, std::string_view value) {
    if (http::same_word(field, name)) found.emplace_back(value);
  });
  return found;
}

std::vector<std::string> RawAnswer::names() const {
  std::vector<std::string> found;
  for_each_field(head,
                 [&](std::string_view field, std::string_view) { found.emplace_back(field); });
  return found;
}

Result<RawConnection> RawConnection::open(const host::Endpoint& at, const Clock& clock,
                                          Instant deadline) {
  const auto address = host::socket_address(at);
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto refused = [&](int error) {
    return fail_errno("no connection to " + at.text(), error);
  };
  if (!fd) return refused(errno);
  // Each piece is to leave by itself. Has no effect on a Unix socket.
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  RawConnection connection(std::move(fd), clock);
  if (::connect(connection.fd_.get(), address.get(), address.length) == 0) return connection;
  if (errno != EINPROGRESS) return refused(errno);
  if (!connection.wait_for(POLLOUT, deadline)) return refused(ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(connection.fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return refused(error);
  return connection;
}

bool RawConnection::wait_for(short events, Instant deadline) const {
  while (true) {
    pollfd wish{fd_.get(), events, 0};
    const int ready = ::poll(&wish, 1, poll_time(deadline, clock_->now()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Result<> RawConnection::send(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT, deadline)) return fail_errno("the server reads nothing", ETIMEDOUT);
    } else if (errno != EINTR) {
      return fail_errno("the connection ended while the request was sent", errno);
    }
  }
  return {};
}

bool RawConnection::has_something() const {
  if (!pending_.empty() || end_ != ConnectionEnd::open) return true;
  pollfd wish{fd_.get(), POLLIN, 0};
  return ::poll(&wish, 1, 0) > 0;
}

bool RawConnection::read_more(Instant deadline) {
  std::array<char, 4096> buffer;
  while (end_ == ConnectionEnd::open) {
    const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      pending_.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0) {
      end_ = ConnectionEnd::closed;
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLIN, deadline)) return false;
    } else if (errno != EINTR) {
      end_ = ConnectionEnd::reset;
    }
  }
  return false;
}

bool RawConnection::parse(http::ResponseParser& parser, RawAnswer& answer) {
  while (!pending_.empty()) {
    const bool in_head = !parser.head_complete();
    const auto event = parser.next(pending_);
    if (in_head) answer.head += pending_.substr(0, event.consumed - event.body.size());
    answer.body += event.body;
    pending_.erase(0, event.consumed);
    if (event.kind == http::Event::Kind::malformed) {
      answer.failure = fmt::format("the answer is not HTTP: {} was expected behind \"{}\"",
                                   parser.expected(), printable(trim(answer.head)));
      return true;
    }
    if (event.kind == http::Event::Kind::complete) return true;
    if (answer.head.size() + answer.body.size() > raw_answer_limit) {
      answer.failure = fmt::format("the answer is longer than {} bytes", raw_answer_limit);
      return true;
    }
  }
  return false;
}

RawAnswer RawConnection::read_answer(bool to_head, Instant deadline) {
  RawAnswer answer;
  http::ResponseParser parser(to_head);
  std::size_t came = pending_.size();
  bool over = parse(parser, answer);
  while (!over && read_more(deadline)) {
    came += pending_.size();
    answer.arrivals.push_back({.upto = came, .when = clock_->now()});
    over = parse(parser, answer);
  }
  answer.end = end_;
  if (!over && !(end_ == ConnectionEnd::closed && parser.complete_at_close()))
    answer.failure = why_incomplete(answer, end_);
  if (parser.head_complete()) {
    answer.status = parser.status();
    answer.says_it_keeps = parser.keeps_alive();
  }
  return answer;
}

ConnectionEnd RawConnection::wait_for_end(Instant deadline) {
  while (pending_.size() <= raw_answer_limit && read_more(deadline)) {
  }
  return end_;
}

}  // namespace unrig::audit
