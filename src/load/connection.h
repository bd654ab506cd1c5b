/// \file
/// The engine's side of a connection, and lists of connections that cost no memory of their own.
#pragma once

#include <cassert>
#include <limits>
#include <vector>

#include "load/answer.h"
#include "load/transport.h"

namespace unrig::load {

/// A client of a closed loop; in an open loop all requests belong to client 0.
using Client = std::uint32_t;

struct IssuedRequest {
  Client client = 0;
  Instant intended;
  Instant issued;
};

struct Connection {
  enum class State : std::uint8_t {
    free,
    connecting,  ///< with a request that will be sent as soon as it is connected
    busy,        ///< the request is sent, at least in part
    idle,
    lingering,  ///< nothing more will be asked; waits for the server to close
  };
  State state = State::free;
  bool kept = false;      ///< has carried an answer before the present request
  IssuedRequest request;  ///< the one under way, else the last one
  Instant opened;         ///< when it began to connect for the present request
  Instant connected;      ///< when TCP was connected
  Instant ended;          ///< when the last request ended; while idle or lingering
  AnswerSoFar so_far;
  Slot previous = 0, next = 0;  ///< neighbours in the list of its state
};

/// A list of connections in the order in which they were appended. Each connection is in at most
/// one list. All operations take constant time.
class ConnectionList {
 public:
  static constexpr Slot none = std::numeric_limits<Slot>::max();

  explicit ConnectionList(std::vector<Connection>& all) : all_(all) {}

  void append(Slot slot) {
    all_[slot].previous = last_;
    all_[slot].next = none;
    (last_ == none ? first_ : all_[last_].next) = slot;
    last_ = slot;
    ++size_;
  }
  void remove(Slot slot) {
    const Connection& out = all_[slot];
    (out.previous == none ? first_ : all_[out.previous].next) = out.next;
    (out.next == none ? last_ : all_[out.next].previous) = out.previous;
    --size_;
  }
  /// `none` when empty.
  [[nodiscard]] Slot first() const { return first_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::vector<Connection>& all_;
  Slot first_ = none, last_ = none;
  std::size_t size_ = 0;
};

}  // namespace unrig::load
