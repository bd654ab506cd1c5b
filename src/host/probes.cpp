#include "host/probes.h"

#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/file.h"
#include "host/loopback.h"

namespace unrig::host {
namespace {

/// While it lives, the calling thread's timers are as exact as the kernel can make them.
class ExactTimers {
 public:
  ExactTimers() : before_(::prctl(PR_GET_TIMERSLACK)) { ::prctl(PR_SET_TIMERSLACK, 1); }
  ExactTimers(const ExactTimers&) = delete;
  ExactTimers& operator=(const ExactTimers&) = delete;
  ~ExactTimers() {
    if (before_ > 0) ::prctl(PR_SET_TIMERSLACK, before_);
  }

 private:
  int before_;
};

/// The value that a fraction `q` of them does not exceed. Sorts them.
Duration quantile(std::vector<Duration>& values, double q) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(q * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

/// Both ends of a connection of this machine with itself.
struct Ends {
  UniqueFd client, server;
};

Result<Ends> connect_to_self() {
  const auto refused = [] { return fail_errno("no connection to this machine itself", errno); };
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Ends ends{.client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), .server = {}};
  sockaddr_in address = ipv4_loopback();
  socklen_t length = sizeof address;
  auto* at = reinterpret_cast<sockaddr*>(&address);
  if (!listener || !ends.client || ::bind(listener.get(), at, length) != 0 ||
      ::listen(listener.get(), 1) != 0 || ::getsockname(listener.get(), at, &length) != 0 ||
      ::connect(ends.client.get(), at, length) != 0) {
    return refused();
  }
  ends.server = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!ends.server) return refused();
  // Far longer than any confirmation is put off.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  for (const int fd : {ends.client.get(), ends.server.get()})
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return ends;
}

constexpr std::size_t piece_size = 64;
using Piece = std::array<char, piece_size>;

bool send_piece(const UniqueFd& fd) {
  const Piece piece{};
  return ::send(fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(piece.size());
}
bool receive(const UniqueFd& fd, std::size_t size) {
  Piece piece;
  while (size > 0) {
    const ssize_t got = ::recv(fd.get(), piece.data(), std::min(size, piece.size()), 0);
    if (got <= 0) return false;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

Result<Duration> split_answer(const Clock& clock, bool no_delay) {
  const auto ends = connect_to_self();
  if (!ends) return std::unexpected(ends.error());
  const int on = no_delay ? 1 : 0;
  ::setsockopt(ends->server.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // The kernel confirms at once at first, until it takes the two for a dialogue.
  constexpr int before = 8;
  constexpr int counted = 9;
  std::vector<Duration> taken;
  for (int turn = 0; turn < before + counted; ++turn) {
    const Instant asked = clock.now();
    if (!send_piece(ends->client) || !receive(ends->server, piece_size) ||
        !send_piece(ends->server) || !send_piece(ends->server) ||
        !receive(ends->client, 2 * piece_size)) {
      return fail_errno("a connection of this machine with itself broke", errno);
    }
    if (turn >= before) taken.push_back(clock.now() - asked);
  }
  return quantile(taken, 0.5);
}

}  // namespace

TimerLateness timer_lateness(const Clock& clock, int sleeps) {
  const ExactTimers exact;
  std::vector<Duration> late;
  for (int i = 0; i < sleeps; ++i) {
    const Instant wanted = clock.now() + std::chrono::milliseconds(1);
    clock.sleep_until(wanted);
    late.push_back(clock.now() - wanted);
  }
  return {.p50 = quantile(late, 0.5), .p99 = quantile(late, 0.99), .most = quantile(late, 1)};
}

Result<SplitAnswers> split_answers(const Clock& clock) {
  const auto with_nagle = split_answer(clock, false);
  if (!with_nagle) return std::unexpected(with_nagle.error());
  const auto without_nagle = split_answer(clock, true);
  if (!without_nagle) return std::unexpected(without_nagle.error());
  return SplitAnswers{.with_nagle = *with_nagle, .without_nagle = *without_nagle};
}

}  // namespace unrig::host
