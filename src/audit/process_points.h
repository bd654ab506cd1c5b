/// \file
/// The points of the contract that the kernel shows of the server's processes: where it listens,
/// what it writes, how it grows. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/writes.h"
#include "host/open_files.h"
#include "host/sockets.h"
#include "record/check.h"

namespace unrig::audit {

/// \name The listen backlog
/// Asked for in UNRIG_BACKLOG and by {backlog}; the kernel allows `longest` (net.core.somaxconn).
/// `name`: it is looked at twice, with another one the second time, so that no default is taken for
/// an answer.
/// @{
[[nodiscard]] record::Point backlog_point(std::string name, int asked, std::optional<int> longest,
                                          const std::optional<host::ListenQueue>& queue);
/// Of each of its sockets. Empty where it is not known.
[[nodiscard]] std::optional<std::uint64_t> backlog_each(
    const std::optional<host::ListenQueue>& queue);
/// @}

/// \name What is written beside answers and statements
/// @{
/// That much a request, at least, is a line of a log.
inline constexpr double least_log_bytes = 8;
/// Requests that are watched in each of two halves, `watched_at_once` of them at once: so many that
/// a log of 60 bytes a line shows in both where each worker writes it 8 KiB at a time.
inline constexpr int watched_at_once = 50;
[[nodiscard]] int watched_requests(int workers);
struct LogSeen {
  // Under strace.
  int traced = 0;                   ///< requests; 0: it could not be used
  std::string not_traced = {};      ///< why
  std::vector<Writes> writes = {};  ///< of all of the server's processes
  std::uint64_t to_database = 0;    ///< bytes that the relay had from the application meanwhile
  /// On streams between its processes, in as long a time without a request: a beat of its own.
  std::uint64_t at_rest = 0;
  // Over many more requests, in two halves: what a server says of itself now and then is no log.
  int watched = 0;                                   ///< requests of each half; 0: none
  std::vector<host::Growth> grown = {}, again = {};  ///< files that it has open, in each half
  bool files_seen = false;                           ///< the kernel shows them
  std::optional<std::uint64_t> written = {};         ///< in both, by write(2) and its kin
};
/// Whether more went over streams between processes than the database got and wakes somebody up.
[[nodiscard]] bool has_stray_bytes(const LogSeen& seen);
[[nodiscard]] record::Point log_point(const LogSeen& seen);
/// Per request: what went to files, messages, pipes and other connections. Not checked as the point
/// is.
[[nodiscard]] record::Reading<double> log_bytes(const LogSeen& seen);
/// @}

/// \name Memory
/// Of all processes of the server, before, halfway through and after so many requests.
/// @{
struct MemorySeen {
  std::optional<std::int64_t> before = {}, halfway = {}, after = {};  ///< bytes
  int requests = 0;
  int processes = 1;
};
/// Only recorded: what a server keeps is its own matter, and a cache grows before it is full.
[[nodiscard]] record::Point memory_point(const MemorySeen& seen);
/// Per request of the second half.
[[nodiscard]] record::Reading<double> memory_growth(const MemorySeen& seen);
/// @}

}  // namespace unrig::audit
