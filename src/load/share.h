/// \file
/// How the work of a plan is divided among its threads.
#pragma once

#include <string>
#include <vector>

#include "load/load.h"

namespace unrig::load {

/// What one thread does of a plan.
struct Share {
  std::string request;   ///< the bytes of each request
  int connections = 1;   ///< at most at a time; those waiting for the server to close not counted
  int first_client = 0;  ///< closed loop: the number of its first client within the whole run
  std::vector<Duration> schedule;  ///< open loop: offsets from the start, ascending
};

/// Slots that a transport must have for so many connections in use: more than those, because a
/// connection may be waited for, until the server closes it, while its successor is in use.
[[nodiscard]] std::size_t slots_for(int connections);

/// Connections (clients) of the whole plan.
[[nodiscard]] int connections(const Plan& plan);

/// One share for each thread, none without a connection. The one global schedule of an open loop
/// is dealt in turn: the k-th request belongs to thread k mod threads.
[[nodiscard]] std::vector<Share> divide(const Plan& plan, const std::string& request);

}  // namespace unrig::load
