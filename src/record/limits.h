/// \file
/// From where on a figure of a stack is worth a word, whoever tells it: `unrig check`, the look at
/// it before a run, or a run.
#pragma once

#include <algorithm>
#include <cstdint>

namespace unrig::record {

/// Between head and body of an answer: the second waits for a delayed acknowledgement, which comes
/// after 40 ms.
inline constexpr double plateau_us = 20'000;

/// By how many bytes a server's memory has grown in two stretches of as many requests, one after
/// the other.
struct Growth {
  std::int64_t first_bytes = 0, second_bytes = 0;
  double requests = 0;  ///< of each stretch
  int processes = 1;    ///< that the server has
};

/// Whether it keeps memory of each request. What is filled once grows in the first stretch alone;
/// and of honest servers processes have taken up to 400 KiB in one, whatever their requests.
[[nodiscard]] constexpr bool is_leak(const Growth& growth) {
  constexpr double of_request = 1024, of_process = 512 * 1024;
  const double least = std::max(growth.requests * of_request, growth.processes * of_process);
  return static_cast<double>(std::min(growth.first_bytes, growth.second_bytes)) >= least;
}

}  // namespace unrig::record
