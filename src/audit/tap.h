/// \file
/// A relay between two neighbours of the chain that passes every byte on and counts what passes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "audit/pg_wire.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "host/endpoint.h"
#include "process/process.h"

namespace unrig::audit {

/// Connections of one process in front.
struct TapPeer {
  std::uint64_t connections = 0;  ///< that it has opened
  std::uint64_t open = 0;         ///< of these: not closed yet
  std::uint64_t most_open = 0;    ///< at one time
};
inline constexpr std::size_t tap_peers_limit = 4096;  ///< processes that are told apart

/// One connection that is open, by its front.
struct TapFront {
  pid_t process = 0;  ///< that has opened it; 0: the kernel does not say it here
  int port = 0;       ///< of its end; 0: it came to a Unix socket
  // Only where the relay reads PostgreSQL's protocol.
  bool waits = false;           ///< a statement of it is under way
  std::uint64_t exchanges = 0;  ///< times that it sent a statement and waited
};

/// What has passed since the relay was opened.
struct TapCounts {
  std::uint64_t connections = 0;  ///< that the neighbour in front has opened
  std::uint64_t refused = 0;      ///< of these: the neighbour behind did not take them
  std::uint64_t open = 0;         ///< of these: not closed yet
  std::uint64_t bytes_forth = 0;  ///< from the front to the back
  std::uint64_t bytes_back = 0;
  PgTally postgres;  ///< only where the relay reads PostgreSQL's protocol
  /// By who opened the connection, as the kernel says (SO_PEERCRED of unix(7)): only where the
  /// relay listens at a Unix socket. Whoever the kernel does not name is none.
  std::map<pid_t, TapPeer> peers;
  std::map<int, TapFront> fronts;  ///< of the open ones, by a number that each has
};

/// Listens at one endpoint in a thread of its own. A connection is passed on as it is: half closed,
/// closed and reset like the other side; it costs its two neighbours some tens of microseconds each
/// way, so nothing may be timed through it that is of that size.
class Tap {
 public:
  enum class Reads : std::uint8_t { bytes, postgres };

  /// Everybody on the machine can connect to a port: it may lead only to where everybody can go as
  /// well. A Unix socket is for whoever may enter its folder; it is removed at the end. `clock`,
  /// which must outlive it: for how long statements take; null: they are not timed. `account`:
  /// everybody can see whose a TCP socket is; those of this relay are its, as those of the part in
  /// whose place it stands. Not set: unrig's own.
  /// Error: environment: the endpoint is taken, or no descriptors are left.
  [[nodiscard]] static Result<Tap> open(const host::Endpoint& here, Reads reads,
                                        const Clock* clock = nullptr,
                                        const std::optional<process::User>& account = {});
  Tap(Tap&&) noexcept;
  Tap& operator=(Tap&&) noexcept;
  ~Tap();  ///< closes all its connections

  /// Where new connections go. Until it is called they are refused. From any thread.
  void set_target(const host::Endpoint& target);
  /// Forgets how many statements were under way, and connections open, at one time. From any
  /// thread.
  void forget_peak();
  /// Forgets how long statements took at least. From any thread.
  void forget_times();
  /// While it holds, no answer to a statement passes: whoever waits for one goes on waiting, and is
  /// seen to, however slow this machine is. Sessions are begun all the same. Only where the relay
  /// reads PostgreSQL's protocol. From any thread.
  void hold(bool holds);
  /// From any thread, while data passes.
  [[nodiscard]] TapCounts counts() const;

 private:
  class Relay;
  explicit Tap(std::unique_ptr<Relay> relay);
  std::unique_ptr<Relay> relay_;
  std::jthread thread_;
};

}  // namespace unrig::audit
