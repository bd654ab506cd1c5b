/// \file
/// The transport over io_uring: one system call for a batch of sends, receives and connections.
#pragma once

#include <liburing.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "load/transport.h"
#include "load/uring_buffers.h"

namespace unrig::load {

/// Sockets are registered with the ring, successful sends cause no completion, and each connection
/// has one receive under way, which needs no memory until bytes have come. Where nothing has to be
/// set on the sockets, they are made, connected and closed by the ring as well, without a call for
/// each.
///
/// Must be made, used and ended by one thread. Bytes to be sent must stay valid as long as it
/// lives, since the kernel may read them when their slot is free again: if they are another
/// request's by then, it goes to a connection that nobody listens to any more.
class UringTransport final : public Transport {
 public:
  /// Error: environment, when the kernel forbids io_uring or is too old for it (Linux 6.1).
  static Result<std::unique_ptr<UringTransport>> make(const Route& route, std::size_t slots);
  ~UringTransport() override;

  void open(Slot slot, std::string_view bytes) override;
  void send(Slot slot, std::string_view bytes) override;
  void skip(Slot slot, std::uint64_t count) override { sockets_[slot].unwanted = count; }
  [[nodiscard]] bool sending(Slot slot) const override { return sockets_[slot].sending > 0; }
  [[nodiscard]] bool delivered(Slot slot) const override;
  void close(Slot slot) override;
  void wait(Duration timeout, TransportEvents& events) override;

 private:
  enum class Operation : std::uint8_t {
    prepare,  // a step before the connect
    connect,
    send,
    receive,
    end,  // of something else: a cancellation, a close
  };
  struct Socket {
    bool open = false;
    bool connected = false;
    UniqueFd fd;                   // none: the ring alone has the socket
    std::uint32_t generation = 0;  // counts the connections of the slot: tells old events from new
    int error = 0;                 // that the kernel has told already and will not tell again
    int sending = 0;               // the size of a long send that is under way
    std::string_view first;        // to be sent when connected
    bool receiving = false;        // a receive is under way, or follows what is
    std::uint64_t unwanted = 0;    // of the next bytes
    int low_water = 1;             // see set_low_water
  };
  struct FailedOpen {
    Slot slot;
    std::uint32_t generation;
  };

  UringTransport(const Route& route, std::size_t slots);
  /// Returns 0 or the number of the error.
  [[nodiscard]] int set_up();
  [[nodiscard]] bool can_connect_in_ring();
  [[nodiscard]] std::uint64_t tag(Operation operation, Slot slot) const;
  /// The next place in the queue, for an operation on the socket of the slot.
  [[nodiscard]] io_uring_sqe* next_entry();
  void address(io_uring_sqe* entry, Operation operation, Slot slot, unsigned flags) const;
  void queue_send(Slot slot, std::string_view bytes, unsigned flags);
  void queue_receive(Slot slot);
  void queue_source(Slot slot, const Address& source);
  void open_in_ring(Slot slot);
  void close_in_ring(Slot slot);
  void submit_queued();
  void handle(const io_uring_cqe& completion, TransportEvents& events);
  void on_connect(Slot slot, int result, TransportEvents& events);
  void on_sent(Slot slot, int result);
  void on_receive(Slot slot, const io_uring_cqe& completion, TransportEvents& events);
  void take(Slot slot, const io_uring_cqe& completion, TransportEvents& events);
  void report_closed(Slot slot, int error, TransportEvents& events);
  void report_failed_opens(TransportEvents& events);

  Route route_;
  UringBuffers buffers_;
  io_uring ring_{};
  bool ready_ = false;
  bool connects_in_ring_ = false;
  std::size_t next_source_ = 0;
  std::vector<Socket> sockets_;
  std::vector<FailedOpen> failed_opens_;
};

}  // namespace unrig::load
