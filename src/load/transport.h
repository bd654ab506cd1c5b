/// \file
/// The seam between the engine and the kernel: connections as numbered slots that carry bytes. It
/// knows neither HTTP nor schedules; the engine knows neither descriptors nor system calls. Tests
/// put a simulated server here.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "load/load.h"

namespace unrig::load {

using Slot = std::uint32_t;

/// The connection was closed in good order, but anybody on the way may have done that.
inline constexpr int truncated = ENODATA;

/// What happened to the connections. Called only from within Transport::wait, which must not be
/// called from here; all other functions of the transport may be.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void on_connected(Slot slot) = 0;
  /// The handshake of a secured transport is done; after on_connected.
  virtual void on_secured(Slot slot) = 0;
  /// `bytes` are valid during the call. `ending`: the peer has already closed the connection after
  /// these bytes, so that nothing more can be sent; on_closed follows.
  virtual void on_received(Slot slot, std::string_view bytes, bool ending) = 0;
  /// `count` of the bytes that Transport::skip was asked for have come. `ending` as above.
  virtual void on_skipped(Slot slot, std::uint64_t count, bool ending) = 0;
  /// The connection has ended or could not be made, and the slot is free. `error`: 0 when the peer
  /// closed it in good order, else the error number; EPROTO when a handshake failed, `truncated`
  /// when TLS ended without its good-bye. `why`: what there is to say beyond the number, or
  /// nothing.
  virtual void on_closed(Slot slot, int error, std::string_view why) = 0;
};

/// For one thread. Nothing fails at once: what goes wrong comes as on_closed from the next wait.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Connects the free slot and sends `bytes` as soon as it is connected; begins with the next wait
  /// at the latest. `bytes` must stay valid until the slot is free, here and in send.
  virtual void open(Slot slot, std::string_view bytes) = 0;
  virtual void send(Slot slot, std::string_view bytes) = 0;
  /// The next `count` bytes need not be shown: on_skipped may say how many came. Holds until the
  /// next on_received: a transport may show them all the same.
  virtual void skip(Slot slot, std::uint64_t count) = 0;
  /// Some of the bytes have not been taken by the kernel yet.
  [[nodiscard]] virtual bool sending(Slot slot) const = 0;
  /// All bytes have reached the machine at the other end, as far as can be known: what was received
  /// last confirms it.
  [[nodiscard]] virtual bool delivered(Slot slot) const = 0;
  /// Frees the slot without an event.
  virtual void close(Slot slot) = 0;
  /// Reports what has happened, or the first that happens within `timeout`.
  virtual void wait(Duration timeout, TransportEvents& events) = 0;
};

/// Where connections go to and come from.
struct Route {
  Address address;
  std::vector<Address> sources;  ///< in turn; empty: the kernel's choice
  /// Of each source, before the next one has its turn.
  std::size_t connections_each = 1;
  /// The kernel may hold back small packets of a request in several writes (Nagle); only requests
  /// longer than one packet need to forbid that.
  bool no_delay = false;
  /// Requests fit into a packet, so that no congestion of theirs has to be controlled.
  bool short_requests = false;
};

/// The source of a thread's connection number `turn`. The route must have sources.
[[nodiscard]] const Address& source_of(const Route& route, std::size_t turn);

/// Starts to connect a new socket that does not block. The error number in `error` is 0 or
/// EINPROGRESS when it is under way. `turn` counts connections, to take the sources in turn.
[[nodiscard]] UniqueFd start_connecting(const Route& route, std::size_t turn, int& error);

/// The error that the kernel has noted for the socket; taking it clears it. 0: none.
[[nodiscard]] int pending_error(int fd);

/// Bytes that the other end has not confirmed yet.
[[nodiscard]] bool has_unconfirmed_bytes(int fd);

/// What one receive throws away at most.
inline constexpr std::uint64_t skip_size = 1 << 20;
/// An answer of which so much is left is not worth being woken for each packet: that costs the
/// sender, too, since it is the one who wakes.
inline constexpr std::uint64_t long_answer = std::uint64_t{64} * 1024;
/// How much of the `unwanted` bytes has to come before the kernel reports any: nearly all of them
/// where they are many. `now`: what it is, and then what it has become.
void set_low_water(int fd, std::uint64_t unwanted, int& now);

}  // namespace unrig::load
