/// \file
/// The transport over io_uring: one system call for a batch of sends and receives.
#pragma once

#include <liburing.h>

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "base/result.h"
#include "load/transport.h"

namespace unrig::load {

/// Sockets are registered with the ring, successful sends cause no completion, and each connection
/// has one receive under way into a buffer of its own; what does not fit there is fetched by plain
/// recv. Must be made by the thread that uses it.
class UringTransport final : public Transport {
 public:
  /// Error: environment, when the kernel forbids io_uring or is too old for it.
  static Result<std::unique_ptr<UringTransport>> make(const Route& route, std::size_t slots);
  ~UringTransport() override;

  void open(Slot slot, std::string_view bytes) override;
  void send(Slot slot, std::string_view bytes) override;
  void skip(Slot slot, std::uint64_t count) override { sockets_[slot].unwanted = count; }
  [[nodiscard]] bool sending(Slot slot) const override { return sockets_[slot].sending; }
  [[nodiscard]] bool delivered(Slot slot) const override {
    return !sending(slot) && !has_unconfirmed_bytes(sockets_[slot].fd.get());
  }
  void close(Slot slot) override;
  void wait(Duration timeout, TransportEvents& events) override;

 private:
  enum class Operation : std::uint8_t { connect, send, receive };
  struct Socket {
    UniqueFd fd;
    std::uint32_t generation = 0;  // counts the connections of the slot: tells old events from new
    int error = 0;                 // that the kernel has told already and will not tell again
    bool sending = false;          // a long send is under way
    std::string_view first;        // to be sent when connected
    std::uint64_t unwanted = 0;    // of the next bytes
  };
  /// A receive keeps its buffer until its completion comes, though its connection be long closed.
  struct Receive {
    Slot slot = 0;
    std::uint32_t generation = 0;
    std::array<char, 1024> bytes;
  };
  struct FailedOpen {
    Slot slot;
    std::uint32_t generation;
  };

  UringTransport(const Route& route, std::size_t slots);
  [[nodiscard]] io_uring_sqe* entry();
  [[nodiscard]] std::uint64_t tag(Operation operation, std::uint32_t index) const;
  void arm_receive(Slot slot);
  void handle(const io_uring_cqe& completion, TransportEvents& events);
  void on_connect(Slot slot, TransportEvents& events);
  void on_receive(std::uint32_t index, int result, TransportEvents& events);
  [[nodiscard]] bool fetch_rest(Slot slot, TransportEvents& events);
  void report_closed(Slot slot, int error, TransportEvents& events);
  void report_failed_opens(TransportEvents& events);

  Route route_;
  io_uring ring_{};
  bool ready_ = false;
  std::size_t next_source_ = 0;
  std::vector<Socket> sockets_;
  std::deque<Receive> receives_;  // which never move
  std::vector<std::uint32_t> free_receives_;
  std::vector<FailedOpen> failed_opens_;
  std::vector<char> buffer_;
};

}  // namespace unrig::load
