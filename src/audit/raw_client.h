/// \file
/// HTTP by hand: bytes go out as they are told and in the pieces that they are told, and what comes
/// back is kept as it came. For looking at what a server does with its bytes; not for measuring.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "host/endpoint.h"
#include "http/response_parser.h"

namespace unrig::audit {

/// How a connection stands, as far as the client has seen.
enum class ConnectionEnd : std::uint8_t { open, closed, reset };

/// A piece of an answer, as one read of the socket brought it.
struct Arrival {
  std::size_t upto = 0;  ///< bytes of the answer that had come with it
  Instant when;
};

/// Longer answers are not read: no answer of a stack is.
inline constexpr std::size_t raw_answer_limit = 1 << 20;

struct RawAnswer {
  int status = 0;                 ///< 0: no whole head came
  std::string head;               ///< as it came, with the empty line
  std::string body;               ///< chunks put together
  bool says_it_keeps = false;     ///< by its head, the connection may carry another request
  std::vector<Arrival> arrivals;  ///< of what had not come with an answer before
  std::string failure;            ///< why it is not complete; empty where it is
  ConnectionEnd end = ConnectionEnd::open;

  [[nodiscard]] bool complete() const { return failure.empty(); }
  /// The values of all fields of that name, without regard to case, in their order.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  /// Names of all fields, as they came.
  [[nodiscard]] std::vector<std::string> names() const;
};

/// One connection. Every call ends by its deadline, whatever the server does. Not thread-safe.
class RawConnection {
 public:
  /// `clock` must outlive it. Error: environment: nobody takes it in time.
  [[nodiscard]] static Result<RawConnection> open(const host::Endpoint& at, const Clock& clock,
                                                  Instant deadline);

  /// All of `bytes`, which leave at once. Error: environment: the connection has ended, or the
  /// server reads nothing.
  [[nodiscard]] Result<> send(std::string_view bytes, Instant deadline);
  /// Whether something lies there to be read: bytes, or the end. Never waits.
  [[nodiscard]] bool has_something() const;
  /// Reads the next answer. `to_head`: its request's method was HEAD.
  [[nodiscard]] RawAnswer read_answer(bool to_head, Instant deadline);
  /// Waits until the server ends the connection; what it sends before that is in surplus().
  [[nodiscard]] ConnectionEnd wait_for_end(Instant deadline);
  /// Bytes that have come and are no part of an answer that was read.
  [[nodiscard]] const std::string& surplus() const { return pending_; }

 private:
  RawConnection(UniqueFd fd, const Clock& clock) : fd_(std::move(fd)), clock_(&clock) {}
  [[nodiscard]] bool wait_for(short events, Instant deadline) const;
  /// Takes from `pending_` what belongs to the answer. False: it goes on.
  bool parse(http::ResponseParser& parser, RawAnswer& answer);
  /// Adds what one read brings to `pending_`. False: nothing came by the deadline, or it has ended.
  bool read_more(Instant deadline);

  UniqueFd fd_;
  const Clock* clock_;
  std::string pending_;
  ConnectionEnd end_ = ConnectionEnd::open;
};

}  // namespace unrig::audit
