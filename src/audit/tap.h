/// \file
/// A relay between two neighbours of the chain that passes every byte on and counts what passes.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <thread>

#include "audit/pg_wire.h"
#include "base/file.h"
#include "base/result.h"

namespace unrig::audit {

/// Whom a relay stands in for.
struct Target {
  sockaddr_storage address{};
  socklen_t length = 0;
};
[[nodiscard]] Target target_port(int port);  ///< of 127.0.0.1
/// A Unix socket; its path must be shorter than 108 bytes.
[[nodiscard]] Target target_socket(const std::filesystem::path& path);

/// What has passed since the relay was opened.
struct TapCounts {
  std::uint64_t connections = 0;  ///< that the neighbour in front has opened
  std::uint64_t refused = 0;      ///< of these: the neighbour behind did not take them
  std::uint64_t open = 0;         ///< of these: not closed yet
  std::uint64_t bytes_forth = 0;  ///< from the front to the back
  std::uint64_t bytes_back = 0;
  PgTally postgres;  ///< only where the relay reads PostgreSQL's protocol
};

/// Listens on one port of 127.0.0.1, or on a Unix socket, in a thread of its own. A connection is
/// passed on as it is: half closed, closed and reset like the other side; it costs its two
/// neighbours some tens of microseconds each way, so nothing may be timed through it that is of
/// that size.
class Tap {
 public:
  enum class Reads : std::uint8_t { bytes, postgres };

  /// Error: environment: the port is taken, or no descriptors are left. Everybody on the machine
  /// can connect to a port: it may lead only to where everybody can go as well.
  [[nodiscard]] static Result<Tap> open(int port, Reads reads);
  /// A Unix socket in a folder of unrig's, for whoever may enter that folder. Removed at the end.
  [[nodiscard]] static Result<Tap> open(const std::filesystem::path& socket, Reads reads);
  Tap(Tap&&) noexcept;
  Tap& operator=(Tap&&) noexcept;
  ~Tap();  ///< closes all its connections

  /// Where new connections go. Until it is called they are refused. From any thread.
  void set_target(const Target& target);
  /// Forgets how many statements were under way at one time. From any thread.
  void forget_peak();
  /// From any thread, while data passes.
  [[nodiscard]] TapCounts counts() const;

 private:
  class Relay;
  explicit Tap(std::unique_ptr<Relay> relay);
  static Result<Tap> open(const Target& here, const std::string& name, Reads reads);
  std::unique_ptr<Relay> relay_;
  std::jthread thread_;
};

}  // namespace unrig::audit
