/// \file
/// The transport over epoll: each connection is registered once, edge-triggered, and a short
/// answer costs one recv.
#pragma once

#include <memory>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "load/transport.h"

struct epoll_event;

namespace unrig::load {

class EpollTransport final : public Transport {
 public:
  /// Waits with nanoseconds, by epoll_pwait2 or, where that is missing, by ppoll before epoll_wait.
  /// Error: environment, when the kernel has no descriptor left.
  static Result<std::unique_ptr<EpollTransport>> make(const Route& route, std::size_t slots);

  void open(Slot slot, std::string_view bytes) override;
  void send(Slot slot, std::string_view bytes) override;
  [[nodiscard]] bool sending(Slot slot) const override { return !sockets_[slot].unsent.empty(); }
  [[nodiscard]] bool delivered(Slot slot) const override {
    return !sending(slot) && !has_unconfirmed_bytes(sockets_[slot].fd.get());
  }
  void skip(Slot slot, std::uint64_t count) override;
  void close(Slot slot) override;
  void wait(Duration timeout, TransportEvents& events) override;

 private:
  struct Socket {
    UniqueFd fd;
    std::uint32_t generation = 0;  // counts the connections of the slot: tells old events from new
    bool connected = false;
    std::string_view unsent;
    std::uint64_t unwanted = 0;  // of the next bytes
    int low_water = 1;           // see set_low_water
  };
  /// What is known about the end of a connection before all its bytes are read.
  struct End {
    bool ended = false;
    int error = 0;  // that the kernel has told already and will not tell again
  };
  /// What the next wait has to see to although the kernel may not report it again.
  struct Overdue {
    Slot slot;
    std::uint32_t generation;
    End end;
  };

  /// Known to be connected because it took bytes, which may be too many for the kernel to report
  /// that it is writable.
  struct Connected {
    Slot slot;
    std::uint32_t generation;
  };

  EpollTransport(UniqueFd epoll, const Route& route, std::size_t slots);
  [[nodiscard]] int connect(Socket& socket, Slot slot);
  void flush(Slot slot);
  void become_connected(Slot slot, TransportEvents& events);
  void later(Slot slot, End end);
  void handle(const epoll_event& event, TransportEvents& events);
  void handle_connected(TransportEvents& events);
  void handle_overdue(TransportEvents& events);
  /// What one recv got; at most `wanted` bytes; into the buffer, or nowhere when they are unwanted.
  struct Received {
    ssize_t size;
    bool drained;  // there was no more
    bool skipped;
  };
  [[nodiscard]] Received receive_once(Socket& socket);
  void receive(Slot slot, End end, TransportEvents& events);
  void report_closed(Slot slot, int error, TransportEvents& events);

  UniqueFd epoll_;
  Route route_;
  const bool precise_;  // epoll_pwait2 can be called
  std::size_t next_source_ = 0;
  std::vector<Socket> sockets_;
  std::vector<Connected> connected_;  // for the next wait to tell
  std::vector<Overdue> overdue_;
  std::vector<Overdue> overdue_now_;  // reused, so that no turn allocates
  std::vector<char> buffer_;
};

}  // namespace unrig::load
