/// \file
/// A few HTTP requests of unrig's own, to see whether a server answers, and what a stack is and
/// does. Not for measuring speed: the load engine does that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "host/endpoint.h"

namespace unrig::chain {

struct Question {
  std::string bytes;                      ///< of the whole request
  std::optional<std::uint32_t> key = {};  ///< the row that it asks for, where it asks for one
};

struct Reply {
  int status = 0;
  bool sent = false;    ///< all of the request was taken by the kernel
  std::string head;     ///< status line and fields as they came, without the empty line
  std::string body;     ///< chunks put together
  std::string failure;  ///< why there is no complete answer; empty when there is
  Instant began, ended;
  std::optional<std::uint32_t> key = {};  ///< of its question

  [[nodiscard]] bool complete() const { return failure.empty(); }
  /// The value of a field of the head, without regard to case; empty when it has none.
  [[nodiscard]] std::string field(std::string_view name) const;
};

/// GET `path` from `at`, `count` times, each on a connection of its own, which is
/// closed after it. The n-th begins n * `spacing` after the first, whether or not others are
/// answered: with no spacing all are under way at once. One reply per request; what is not answered
/// within `limit` of the call has failed.
[[nodiscard]] std::vector<Reply> ask(const host::Endpoint& at, std::string_view path, int count,
                                     Duration spacing, const Clock& clock, Duration limit);

/// The same with requests that may differ: one reply for each.
[[nodiscard]] std::vector<Reply> ask(const host::Endpoint& at, std::span<const Question> questions,
                                     Duration spacing, const Clock& clock, Duration limit);

/// One of these.
[[nodiscard]] Reply ask(const host::Endpoint& at, const Question& question, const Clock& clock,
                        Duration limit);
[[nodiscard]] Reply ask(const host::Endpoint& at, std::string_view path, const Clock& clock,
                        Duration limit);

/// Asks one thing after the other, on one connection where the server keeps it.
class Asker {
 public:
  /// `clock` must outlive it.
  Asker(host::Endpoint at, bool keep_alive, const Clock& clock)
      : at_(std::move(at)), keep_alive_(keep_alive), clock_(clock) {}
  [[nodiscard]] Reply ask(std::string_view path, Duration limit);
  /// Whose bytes say the same of the connection as `keep_alive`.
  [[nodiscard]] Reply ask(const Question& question, Duration limit);

 private:
  host::Endpoint at_;
  bool keep_alive_;
  const Clock& clock_;
  UniqueFd kept_;
};

}  // namespace unrig::chain
