#include "load/uring_buffers.h"

#include <sys/mman.h>

#include <cassert>
#include <cerrno>
#include <cstdint>

namespace unrig::load {
namespace {

// An answer with its head fits into one; a longer one takes several.
constexpr std::size_t piece_size = 4096;
// Twice as many as are worked on in a row. A receive that finds none asks again.
constexpr unsigned piece_count = 256;
constexpr std::size_t ring_size = piece_count * sizeof(io_uring_buf);
constexpr std::size_t memory_size = ring_size + piece_count * piece_size;

unsigned index_of(const io_uring_cqe& completion) {
  return completion.flags >> IORING_CQE_BUFFER_SHIFT;
}

}  // namespace

int UringBuffers::provide(io_uring& ring) {
  // The ring of pieces must begin with a page.
  void* memory =
      mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return errno;
  memory_ = memory;
  ring_ = static_cast<io_uring_buf_ring*>(memory);
  pieces_ = static_cast<char*>(memory) + ring_size;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  registration.ring_entries = piece_count;
  registration.bgid = group;
  if (const int error = -io_uring_register_buf_ring(&ring, &registration, 0)) return error;
  for (unsigned i = 0; i < piece_count; ++i) offer(i);
  return 0;
}

UringBuffers::~UringBuffers() {
  if (memory_ != nullptr) munmap(memory_, memory_size);
}

void UringBuffers::offer(unsigned index) {
  io_uring_buf_ring_add(ring_, pieces_ + index * piece_size, piece_size,
                        static_cast<unsigned short>(index), io_uring_buf_ring_mask(piece_count), 0);
  io_uring_buf_ring_advance(ring_, 1);
}

std::string_view UringBuffers::bytes_of(const io_uring_cqe& completion) const {
  assert((completion.flags & IORING_CQE_F_BUFFER) != 0 && completion.res > 0);
  return {pieces_ + index_of(completion) * piece_size, static_cast<std::size_t>(completion.res)};
}

void UringBuffers::give_back(const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) offer(index_of(completion));
}

}  // namespace unrig::load
