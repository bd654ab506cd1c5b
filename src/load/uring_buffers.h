/// \file
/// Memory that io_uring receives into: the kernel takes a piece when bytes have come, and not when
/// they are waited for, so that a thousand idle connections need none.
#pragma once

#include <liburing.h>

#include <string_view>

namespace unrig::load {

/// For one ring and its thread. Must outlive the ring.
class UringBuffers {
 public:
  /// What receives name as their `buf_group`.
  static constexpr int group = 0;

  UringBuffers() = default;
  ~UringBuffers();
  UringBuffers(const UringBuffers&) = delete;
  UringBuffers& operator=(const UringBuffers&) = delete;

  /// Makes the pieces and gives all of them to the kernel. Returns 0 or the number of the error.
  [[nodiscard]] int provide(io_uring& ring);
  /// The bytes that a receive has brought; valid until they are given back. It must have brought
  /// some into a piece.
  [[nodiscard]] std::string_view bytes_of(const io_uring_cqe& completion) const;
  /// The piece of a receive may be used again, where it has taken one.
  void give_back(const io_uring_cqe& completion);

 private:
  void offer(unsigned index);

  void* memory_ = nullptr;  // the ring of pieces, and then the pieces
  io_uring_buf_ring* ring_ = nullptr;
  char* pieces_ = nullptr;
};

}  // namespace unrig::load
