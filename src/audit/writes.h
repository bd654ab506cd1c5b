/// \file
/// Where the bytes went that a program wrote, as strace(1) tells of its system calls. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::audit {

/// What a descriptor is that was written to.
enum class Sink : std::uint8_t {
  client,   ///< a connection that the server's port has accepted
  stream,   ///< a stream between processes: the database's socket is one, and a pair of its own
  wake,     ///< a few bytes that wake a thread up
  file,     ///< a file or a device, the server's own output among them
  message,  ///< a datagram, as a system log takes them, or another machine
  other,    ///< a pipe with more than a few bytes in it, a connection to elsewhere
};

/// All writes of one process to one thing.
struct Writes {
  Sink sink = Sink::other;
  std::string target;  ///< the path of a file; of others what strace calls them
  pid_t process = 0;
  std::uint64_t calls = 0;  ///< that wrote something
  std::uint64_t bytes = 0;
  std::uint64_t handed_on = 0;  ///< calls that gave an accepted connection to another process
  std::string sample;           ///< the beginning of the first of them, as strace shows it
};

/// What strace has to be asked for, besides whom to follow and where to write.
inline constexpr std::string_view write_calls =
    "trace=?write,?pwrite64,?writev,?pwritev,?pwritev2,?sendto,?sendmsg,?sendmmsg";

/// `trace`: what `strace -f -yy -e …` has written with these calls, a line each, the thread in
/// front. `port`: where the server listens. Lines that are none are passed over. Sockets of one
/// kind count as one.
[[nodiscard]] std::vector<Writes> parse_writes(std::string_view trace, int port);

}  // namespace unrig::audit
