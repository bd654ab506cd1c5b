/// \file
/// A relay between two neighbours of the chain that passes every byte on and counts what passes.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "audit/pg_wire.h"
#include "base/file.h"
#include "base/result.h"
#include "host/endpoint.h"

namespace unrig::audit {

/// What has passed since the relay was opened.
struct TapCounts {
  std::uint64_t connections = 0;  ///< that the neighbour in front has opened
  std::uint64_t refused = 0;      ///< of these: the neighbour behind did not take them
  std::uint64_t open = 0;         ///< of these: not closed yet
  std::uint64_t bytes_forth = 0;  ///< from the front to the back
  std::uint64_t bytes_back = 0;
  PgTally postgres;  ///< only where the relay reads PostgreSQL's protocol
};

/// Listens at one endpoint in a thread of its own. A connection is passed on as it is: half closed,
/// closed and reset like the other side; it costs its two neighbours some tens of microseconds each
/// way, so nothing may be timed through it that is of that size.
class Tap {
 public:
  enum class Reads : std::uint8_t { bytes, postgres };

  /// Everybody on the machine can connect to a port: it may lead only to where everybody can go as
  /// well. A Unix socket is for whoever may enter its folder; it is removed at the end.
  /// Error: environment: the endpoint is taken, or no descriptors are left.
  [[nodiscard]] static Result<Tap> open(const host::Endpoint& here, Reads reads);
  Tap(Tap&&) noexcept;
  Tap& operator=(Tap&&) noexcept;
  ~Tap();  ///< closes all its connections

  /// Where new connections go. Until it is called they are refused. From any thread.
  void set_target(const host::Endpoint& target);
  /// Forgets how many statements were under way at one time. From any thread.
  void forget_peak();
  /// From any thread, while data passes.
  [[nodiscard]] TapCounts counts() const;

 private:
  class Relay;
  explicit Tap(std::unique_ptr<Relay> relay);
  std::unique_ptr<Relay> relay_;
  std::jthread thread_;
};

}  // namespace unrig::audit
