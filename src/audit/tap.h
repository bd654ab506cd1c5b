/// \file
/// A relay between two neighbours of the chain that passes every byte on and counts what passes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <thread>

#include "audit/pg_wire.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "host/endpoint.h"

namespace unrig::audit {

/// What one process in front has done, over all its connections.
struct TapPeer {
  std::uint64_t connections = 0;  ///< that it has opened
  std::uint64_t open = 0;         ///< of these: not closed yet
  std::uint64_t most_open = 0;    ///< at one time
  // Only where the relay reads PostgreSQL's protocol.
  std::uint64_t exchanges = 0;  ///< times that a connection of it sent a statement and waited
  int under_way = 0;            ///< connections whose last statement is not answered yet
  int most_under_way = 0;       ///< at one time
};
inline constexpr std::size_t tap_peers_limit = 4096;  ///< processes that are told apart

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
};

/// Listens at one endpoint in a thread of its own. A connection is passed on as it is: half closed,
/// closed and reset like the other side; it costs its two neighbours some tens of microseconds each
/// way, so nothing may be timed through it that is of that size.
class Tap {
 public:
  enum class Reads : std::uint8_t { bytes, postgres };

  /// Everybody on the machine can connect to a port: it may lead only to where everybody can go as
  /// well. A Unix socket is for whoever may enter its folder; it is removed at the end. `clock`,
  /// which must outlive it: for how long statements take; null: they are not timed.
  /// Error: environment: the endpoint is taken, or no descriptors are left.
  [[nodiscard]] static Result<Tap> open(const host::Endpoint& here, Reads reads,
                                        const Clock* clock = nullptr);
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
  /// Forgets who was in front, while nobody is. From any thread.
  void forget_peers();
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
