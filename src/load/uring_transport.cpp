#include "load/uring_transport.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace unrig::load {
namespace {

constexpr unsigned queue_length = 1024;
constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::uint64_t skip_size = 1 << 20;
constexpr int receives_in_a_row = 16;
constexpr unsigned events_at_a_time = 32;
// Shorter requests go into the socket whole: nobody has to know when.
constexpr std::size_t small_send = 16 * 1024;

constexpr int operation_shift = 60;
constexpr int generation_shift = 32;
constexpr std::uint32_t generation_mask = (1u << (operation_shift - generation_shift)) - 1;

__kernel_timespec to_timespec(Duration timeout) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(timeout);
  return {.tv_sec = whole.count(), .tv_nsec = (timeout - whole).count()};
}

}  // namespace

Result<std::unique_ptr<UringTransport>> UringTransport::make(const Route& route,
                                                             std::size_t slots) {
  std::unique_ptr<UringTransport> transport(new UringTransport(route, slots));
  io_uring_params parameters{};
  // One thread submits, and completions are worked on only when it asks for them.
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  int error = -io_uring_queue_init_params(queue_length, &transport->ring_, &parameters);
  if (error != 0) return fail_errno("io_uring", error);
  transport->ready_ = true;
  error = -io_uring_register_files_sparse(&transport->ring_, static_cast<unsigned>(slots));
  if (error != 0) return fail_errno("io_uring: cannot register sockets", error);
  return transport;
}

UringTransport::UringTransport(const Route& route, std::size_t slots)
    : route_(route), sockets_(slots), buffer_(buffer_size) {}

UringTransport::~UringTransport() {
  if (ready_) io_uring_queue_exit(&ring_);  // ends what is under way, before its buffers go
}

io_uring_sqe* UringTransport::entry() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  assert(sqe != nullptr && "submitting empties the queue");
  return sqe;
}

std::uint64_t UringTransport::tag(Operation operation, std::uint32_t index) const {
  const std::uint64_t generation =
      operation == Operation::receive ? 0 : sockets_[index].generation & generation_mask;
  return (static_cast<std::uint64_t>(operation) << operation_shift) |
         (generation << generation_shift) | index;
}

void UringTransport::open(Slot slot, std::string_view bytes) {
  Socket& socket = sockets_[slot];
  assert(!socket.fd);
  socket.first = bytes;
  socket.error = 0;
  int error = 0;
  socket.fd = start_connecting(route_, next_source_++, error);
  if (error == 0 || error == EINPROGRESS) {
    const int fd = socket.fd.get();
    error = std::max(0, -io_uring_register_files_update(&ring_, slot, &fd, 1));
  }
  if (error != 0) {
    socket.error = error;
    failed_opens_.push_back({slot, socket.generation});
    return;
  }
  io_uring_sqe* sqe = entry();
  io_uring_prep_poll_add(sqe, static_cast<int>(slot), POLLOUT);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, tag(Operation::connect, slot));
}

void UringTransport::send(Slot slot, std::string_view bytes) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(),
                     MSG_NOSIGNAL | MSG_WAITALL);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, tag(Operation::send, slot));
  if (bytes.size() <= small_send) {
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  } else {
    sockets_[slot].sending = static_cast<int>(bytes.size());
  }
}

void UringTransport::arm_receive(Slot slot) {
  if (free_receives_.empty()) {
    free_receives_.push_back(static_cast<std::uint32_t>(receives_.size()));
    receives_.emplace_back();
  }
  const std::uint32_t index = free_receives_.back();
  free_receives_.pop_back();
  Receive& receive = receives_[index];
  receive.slot = slot;
  receive.generation = sockets_[slot].generation;
  io_uring_sqe* sqe = entry();
  io_uring_prep_recv(sqe, static_cast<int>(slot), receive.bytes.data(), receive.bytes.size(), 0);
  // The answer is hardly there yet: wait for it without a look first.
  sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, tag(Operation::receive, index));
}

void UringTransport::close(Slot slot) {
  Socket& socket = sockets_[slot];
  if (socket.fd) {
    // What is still queued names the slot, which another connection may take before it is
    // submitted.
    if (io_uring_sq_ready(&ring_) > 0) io_uring_submit(&ring_);
    shutdown(socket.fd.get(), SHUT_RDWR);  // ends what is under way, which holds the socket open
    const int none = -1;
    io_uring_register_files_update(&ring_, slot, &none, 1);
  }
  socket = {.fd = {}, .generation = socket.generation + 1, .first = {}};
}

void UringTransport::wait(Duration timeout, TransportEvents& events) {
  if (!failed_opens_.empty()) {
    report_failed_opens(events);
    timeout = Duration{0};
  }
  if (timeout <= Duration{0}) {
    io_uring_submit_and_get_events(&ring_);
  } else {
    io_uring_cqe* first = nullptr;
    __kernel_timespec limit = to_timespec(timeout);
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  }
  std::array<io_uring_cqe*, events_at_a_time> completions;
  const unsigned count = io_uring_peek_batch_cqe(&ring_, completions.data(), completions.size());
  for (unsigned i = 0; i < count; ++i) handle(*completions[i], events);
  io_uring_cq_advance(&ring_, count);
}

void UringTransport::handle(const io_uring_cqe& completion, TransportEvents& events) {
  const auto operation = static_cast<Operation>(completion.user_data >> operation_shift);
  const auto index = static_cast<std::uint32_t>(completion.user_data);
  if (operation == Operation::receive) return on_receive(index, completion.res, events);
  Socket& socket = sockets_[index];
  const bool old = tag(operation, index) != completion.user_data || !socket.fd;
  if (old) return;
  if (operation == Operation::connect) return on_connect(index, events);
  // The receive under way will find the end of the connection; this is the reason. What was not
  // taken, or only in part, never will be: no other request may follow it.
  if (completion.res < 0) socket.error = -completion.res;
  if (completion.res >= socket.sending) socket.sending = 0;
}

void UringTransport::on_connect(Slot slot, TransportEvents& events) {
  Socket& socket = sockets_[slot];
  socket.error = pending_error(socket.fd.get());
  // A reset comes only after the connection was made; before, the kernel calls it refused.
  if (socket.error != 0 && socket.error != ECONNRESET) {
    return report_closed(slot, socket.error, events);
  }
  const std::uint32_t generation = socket.generation;
  events.on_connected(slot);
  if (socket.generation != generation) return;
  if (!socket.first.empty()) send(slot, socket.first);
  arm_receive(slot);
}

void UringTransport::on_receive(std::uint32_t index, int result, TransportEvents& events) {
  const Receive& receive = receives_[index];
  const Slot slot = receive.slot;
  const std::uint32_t generation = receive.generation;
  const auto current = [&] { return sockets_[slot].generation == generation && sockets_[slot].fd; };
  const bool bytes = result > 0 && current();
  if (bytes) {
    sockets_[slot].unwanted = 0;  // these were not skipped
    events.on_received(slot, {receive.bytes.data(), static_cast<std::size_t>(result)}, false);
  }
  free_receives_.push_back(index);
  if (!current()) return;
  if (result == 0) return report_closed(slot, sockets_[slot].error, events);
  if (result < 0 && result != -EAGAIN && result != -EINTR) {
    return report_closed(slot, -result, events);
  }
  const bool full = result == static_cast<int>(receive.bytes.size());
  if (full && !fetch_rest(slot, events)) return;
  arm_receive(slot);
}

/// More than a buffer full has come: a long answer. False: the connection is gone.
bool UringTransport::fetch_rest(Slot slot, TransportEvents& events) {
  Socket& socket = sockets_[slot];
  const std::uint32_t generation = socket.generation;
  for (int i = 0; i < receives_in_a_row; ++i) {
    const bool skips = socket.unwanted > 0;
    const std::size_t wanted =
        skips ? std::min<std::uint64_t>(socket.unwanted, skip_size) : buffer_.size();
    const ssize_t got = recv(socket.fd.get(), skips ? nullptr : buffer_.data(), wanted,
                             MSG_DONTWAIT | (skips ? MSG_TRUNC : 0));
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) {
      report_closed(slot, got == 0 ? socket.error : errno, events);
      return false;
    }
    const auto size = static_cast<std::size_t>(got);
    if (skips) {
      socket.unwanted -= size;
      events.on_skipped(slot, size, false);
    } else {
      events.on_received(slot, {buffer_.data(), size}, false);
    }
    if (socket.generation != generation) return false;
    if (size < wanted) return true;
  }
  return true;
}

void UringTransport::report_failed_opens(TransportEvents& events) {
  const std::vector<FailedOpen> failed = std::move(failed_opens_);
  failed_opens_.clear();
  for (const auto& [slot, generation] : failed) {
    if (sockets_[slot].generation == generation) {
      report_closed(slot, sockets_[slot].error, events);
    }
  }
}

void UringTransport::report_closed(Slot slot, int error, TransportEvents& events) {
  close(slot);
  events.on_closed(slot, error, {});
}

}  // namespace unrig::load
