/// \file
/// Asks a server in all the ways in which clients may, and keeps what it did. What that means is
/// audit/http_points.h's.
#pragma once

#include <stop_token>
#include <string_view>
#include <vector>

#include "audit/http_points.h"
#include "base/clock.h"
#include "host/endpoint.h"

namespace unrig::audit {

/// How patient the questions are; tests have less time.
struct ProbePatience {
  Duration answer = std::chrono::seconds(5);          ///< for a complete one
  Duration end = std::chrono::seconds(2);             ///< for a connection that is to be closed
  Duration surplus = std::chrono::milliseconds(200);  ///< for what should not come
  Duration between_pieces = std::chrono::milliseconds(3);
  int tries = 3;  ///< a machine that is busy elsewhere must not make a server a liar
};

/// GET `path` and HEAD of it, one after the other, some 100 times. What is not answered in time is
/// asked again before it counts as not answered. Ends early when `stop` is requested: what was not
/// asked is not there then.
[[nodiscard]] HttpSeen look_at_answers(const host::Endpoint& at, std::string_view path,
                                       const Clock& clock, const std::stop_token& stop,
                                       const ProbePatience& patience = {});

/// Answers to this request, some 24, one after the other on one connection, as far as the server
/// keeps it; none where it keeps none. `request`: its bytes.
[[nodiscard]] std::vector<RawAnswer> answers_in_turn(const host::Endpoint& at,
                                                     std::string_view request, const Clock& clock,
                                                     const ProbePatience& patience = {});

}  // namespace unrig::audit
