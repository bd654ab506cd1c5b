#include "load/uring_transport.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace unrig::load {
namespace {

constexpr unsigned queue_length = 1024;
constexpr unsigned least_completions = 8 * queue_length;
// Shorter requests go into the socket whole: nobody has to know when.
constexpr std::size_t small_send = std::size_t{16} * 1024;
// As long a row as epoll's, in time: none of these costs a system call.
constexpr unsigned completions_at_a_time = 128;

// What liburing 2.3 has no names for. Binding came with Linux 6.11, the other before it.
constexpr std::uint8_t operation_bind = 56;
constexpr std::uint32_t command_setsockopt = 3;
constexpr unsigned longest_chain = 6;

constexpr int operation_shift = 60;
constexpr int generation_shift = 32;
constexpr std::uint32_t generation_mask = (1u << (operation_shift - generation_shift)) - 1;

__kernel_timespec to_timespec(Duration timeout) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(timeout);
  return {.tv_sec = whole.count(), .tv_nsec = (timeout - whole).count()};
}

constexpr const char* use_epoll = "unrig load --backend epoll";

std::unexpected<Error> cannot_be_had(int error) {
  switch (error) {
    case ENOSYS:
      return fail(ErrorKind::environment, "this kernel has no io_uring", use_epoll);
    case EPERM:
    case EACCES:
      return fail(ErrorKind::environment,
                  "io_uring is forbidden here, by kernel.io_uring_disabled or by a filter of "
                  "system calls",
                  use_epoll);
    case EINVAL:
      return fail(ErrorKind::environment, "io_uring of this kernel is older than that of Linux 6.1",
                  use_epoll);
    default:
      return fail_errno("io_uring", error);
  }
}

/// The bytes are still there: the receive has to be asked for again.
bool is_only_interrupted(int result) {
  return result == -EAGAIN || result == -EINTR || result == -ECANCELED ||
         result == -ENOBUFS;  // more answers at once than there are pieces for them
}

}  // namespace

Result<std::unique_ptr<UringTransport>> UringTransport::make(const Route& route,
                                                             std::size_t slots) {
  std::unique_ptr<UringTransport> transport(new UringTransport(route, slots));
  if (const int error = transport->set_up(); error != 0) return cannot_be_had(error);
  return transport;
}

UringTransport::UringTransport(const Route& route, std::size_t slots)
    : route_(route), sockets_(slots) {}

int UringTransport::set_up() {
  const auto slots = static_cast<unsigned>(sockets_.size());
  io_uring_params parameters{};
  // One thread submits, and completions are worked on only when it asks for them.
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  parameters.cq_entries = std::max(least_completions, 2 * slots);
  if (const int e = -io_uring_queue_init_params(queue_length, &ring_, &parameters)) return e;
  ready_ = true;
  io_uring_register_ring_fd(&ring_);  // only speed depends on it
  if (const int e = -io_uring_register_files_sparse(&ring_, slots)) return e;
  if (const int e = buffers_.provide(ring_)) return e;
  connects_in_ring_ = can_connect_in_ring();
  return std::max(0, -io_uring_submit_and_get_events(&ring_));  // a filter may forbid that alone
}

/// Where calls have to be made for each socket, the ring saves too few.
bool UringTransport::can_connect_in_ring() {
  if (route_.no_delay || route_.short_requests) return false;
  if (route_.sources.empty()) return true;
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  const bool binds = probe != nullptr && io_uring_opcode_supported(probe, operation_bind) != 0;
  if (probe != nullptr) io_uring_free_probe(probe);
  return binds;
}

UringTransport::~UringTransport() {
  if (!ready_) return;
  submit_queued();              // what was closed last is closed for the other side, too
  io_uring_queue_exit(&ring_);  // ends what is under way, before its buffers go
}

std::uint64_t UringTransport::tag(Operation operation, Slot slot) const {
  const std::uint64_t generation = sockets_[slot].generation & generation_mask;
  return (static_cast<std::uint64_t>(operation) << operation_shift) |
         (generation << generation_shift) | slot;
}

io_uring_sqe* UringTransport::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {  // once, but for a kernel without memory
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void UringTransport::submit_queued() {
  if (io_uring_sq_ready(&ring_) > 0) io_uring_submit(&ring_);
}

void UringTransport::address(io_uring_sqe* entry, Operation operation, Slot slot,
                             unsigned flags) const {
  io_uring_sqe_set_flags(entry, flags);
  io_uring_sqe_set_data64(entry, tag(operation, slot));
}

void UringTransport::open(Slot slot, std::string_view bytes) {
  Socket& socket = sockets_[slot];
  assert(!socket.open);
  socket.open = true;
  socket.first = bytes;
  if (connects_in_ring_) return open_in_ring(slot);
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
  io_uring_sqe* entry = next_entry();
  io_uring_prep_poll_add(entry, static_cast<int>(slot), POLLOUT);
  address(entry, Operation::connect, slot, IOSQE_FIXED_FILE);
}

/// One chain: each step begins when the one before it has succeeded, and the first that fails tells
/// why.
void UringTransport::open_in_ring(Slot slot) {
  Socket& socket = sockets_[slot];
  assert(socket.first.size() <= small_send && "a longer request asks for no_delay");
  // A chain ends with the submission.
  if (io_uring_sq_space_left(&ring_) < longest_chain) io_uring_submit(&ring_);
  io_uring_sqe* entry = next_entry();
  io_uring_prep_socket_direct(entry, route_.address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK,
                              IPPROTO_TCP, slot, 0);
  address(entry, Operation::prepare, slot, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
  if (!route_.sources.empty()) queue_source(slot, source_of(route_, next_source_++));
  entry = next_entry();
  io_uring_prep_connect(entry, static_cast<int>(slot),
                        reinterpret_cast<const sockaddr*>(&route_.address.storage),
                        route_.address.length);
  address(entry, Operation::connect, slot, IOSQE_FIXED_FILE | IOSQE_IO_LINK);
  // A send that fails must not keep what has come from being received.
  queue_send(slot, socket.first, IOSQE_IO_HARDLINK);
  queue_receive(slot);
}

void UringTransport::queue_source(Slot slot, const Address& source) {
  constexpr unsigned flags = IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  // The port is chosen when the target is known, so that it need only be unique for that.
  static constexpr int on = 1;
  static constexpr std::array<std::uint32_t, 2> level_and_option{IPPROTO_IP,
                                                                 IP_BIND_ADDRESS_NO_PORT};
  io_uring_sqe* entry = next_entry();
  io_uring_prep_rw(IORING_OP_URING_CMD, entry, static_cast<int>(slot), nullptr, 0, 0);
  entry->cmd_op = command_setsockopt;
  std::memcpy(&entry->addr, level_and_option.data(), sizeof level_and_option);
  entry->file_index = sizeof on;  // is optlen here
  entry->addr3 = reinterpret_cast<std::uint64_t>(&on);
  address(entry, Operation::prepare, slot, flags);
  entry = next_entry();
  io_uring_prep_rw(operation_bind, entry, static_cast<int>(slot), &source.storage, 0,
                   source.length);
  address(entry, Operation::prepare, slot, flags);
}

void UringTransport::send(Slot slot, std::string_view bytes) {
  queue_send(slot, bytes, 0);
}

void UringTransport::queue_send(Slot slot, std::string_view bytes, unsigned flags) {
  const bool small = bytes.size() <= small_send;
  if (!small) sockets_[slot].sending = static_cast<int>(bytes.size());
  io_uring_sqe* entry = next_entry();
  io_uring_prep_send(entry, static_cast<int>(slot), bytes.data(), bytes.size(),
                     MSG_NOSIGNAL | MSG_WAITALL);
  address(entry, Operation::send, slot,
          flags | IOSQE_FIXED_FILE | (small ? IOSQE_CQE_SKIP_SUCCESS : 0));
}

void UringTransport::queue_receive(Slot slot) {
  Socket& socket = sockets_[slot];
  socket.receiving = true;
  io_uring_sqe* entry = next_entry();
  if (socket.unwanted > 0) {
    // TCP throws bytes away without copying them when MSG_TRUNC is asked for (tcp(7)).
    io_uring_prep_recv(entry, static_cast<int>(slot), nullptr,
                       std::min<std::uint64_t>(socket.unwanted, skip_size), MSG_TRUNC);
    address(entry, Operation::receive, slot, IOSQE_FIXED_FILE);
  } else {
    // Not one that goes on by itself (multishot): where the end of the connection comes while it
    // works on the bytes before, it does not look again, and the end is never told (Linux 6.18).
    io_uring_prep_recv(entry, static_cast<int>(slot), nullptr, 0, 0);
    address(entry, Operation::receive, slot, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
    entry->buf_group = UringBuffers::group;
  }
  // The answer is hardly there yet: wait for it without a look first.
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
}

bool UringTransport::delivered(Slot slot) const {
  // The ring alone has sockets of short requests only.
  const Socket& socket = sockets_[slot];
  return !sending(slot) && (!socket.fd || !has_unconfirmed_bytes(socket.fd.get()));
}

void UringTransport::close(Slot slot) {
  Socket& socket = sockets_[slot];
  if (socket.open && connects_in_ring_) {
    close_in_ring(slot);
  } else if (socket.fd) {
    // What is still queued names the slot, which another connection may take before it is
    // submitted.
    submit_queued();
    // Ends what is under way, which holds the socket open.
    const bool idle = socket.connected && !socket.receiving && socket.sending == 0;
    if (!idle) shutdown(socket.fd.get(), SHUT_RDWR);
    const int none = -1;
    io_uring_register_files_update(&ring_, slot, &none, 1);
  }
  const std::uint32_t generation = socket.generation + 1;
  socket = {};
  socket.generation = generation;
}

void UringTransport::close_in_ring(Slot slot) {
  const Socket& socket = sockets_[slot];
  if (!socket.connected || socket.receiving) {
    io_uring_sqe* cancel = next_entry();
    io_uring_prep_cancel_fd(cancel, static_cast<int>(slot),
                            IORING_ASYNC_CANCEL_FD_FIXED | IORING_ASYNC_CANCEL_ALL);
    address(cancel, Operation::end, slot, IOSQE_CQE_SKIP_SUCCESS);
  }
  io_uring_sqe* entry = next_entry();
  io_uring_prep_close_direct(entry, slot);
  address(entry, Operation::end, slot, IOSQE_CQE_SKIP_SUCCESS);
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
  std::array<io_uring_cqe*, completions_at_a_time> completions;
  const unsigned count = io_uring_peek_batch_cqe(&ring_, completions.data(), completions.size());
  for (unsigned i = 0; i < count; ++i) handle(*completions[i], events);
  io_uring_cq_advance(&ring_, count);
}

void UringTransport::handle(const io_uring_cqe& completion, TransportEvents& events) {
  const auto operation = static_cast<Operation>(completion.user_data >> operation_shift);
  const auto slot = static_cast<Slot>(completion.user_data);
  if (operation == Operation::receive) return on_receive(slot, completion, events);
  const bool old = tag(operation, slot) != completion.user_data || !sockets_[slot].open;
  if (old || operation == Operation::end) return;
  if (operation == Operation::prepare) return report_closed(slot, -completion.res, events);
  if (operation == Operation::connect) return on_connect(slot, completion.res, events);
  on_sent(slot, completion.res);
}

void UringTransport::on_connect(Slot slot, int result, TransportEvents& events) {
  Socket& socket = sockets_[slot];
  socket.error = socket.fd ? pending_error(socket.fd.get()) : std::max(0, -result);
  // A reset comes only after the connection was made; before, the kernel calls it refused.
  if (socket.error != 0 && socket.error != ECONNRESET) {
    return report_closed(slot, socket.error, events);
  }
  socket.connected = true;
  const std::uint32_t generation = socket.generation;
  events.on_connected(slot);
  // In the ring the rest of the chain goes on by itself; the receive of one that was reset comes
  // back cancelled, and is asked for again.
  if (socket.generation != generation || !socket.fd) return;
  if (!socket.first.empty()) send(slot, socket.first);
  queue_receive(slot);
}

/// The receive under way will find the end of the connection; an error here is its reason. What was
/// not taken, or only in part, never will be: no other request may follow it.
void UringTransport::on_sent(Slot slot, int result) {
  Socket& socket = sockets_[slot];
  if (result < 0) socket.error = -result;
  if (result >= socket.sending) socket.sending = 0;
}

void UringTransport::on_receive(Slot slot, const io_uring_cqe& completion,
                                TransportEvents& events) {
  Socket& socket = sockets_[slot];
  const auto current = [&] {
    return socket.open && tag(Operation::receive, slot) == completion.user_data;
  };
  const int result = completion.res;
  if (current()) socket.receiving = false;
  if (current() && result > 0) take(slot, completion, events);
  buffers_.give_back(completion);  // it may be one that was closed
  if (!current()) return;
  if (result == 0) return report_closed(slot, socket.error, events);
  // The chain broke before it; who broke it tells.
  if (result == -ECANCELED && !socket.connected) return;
  if (result < 0 && !is_only_interrupted(result)) return report_closed(slot, -result, events);
  if (socket.fd) set_low_water(socket.fd.get(), socket.unwanted, socket.low_water);
  queue_receive(slot);
}

void UringTransport::take(Slot slot, const io_uring_cqe& completion, TransportEvents& events) {
  Socket& socket = sockets_[slot];
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    socket.unwanted = 0;  // these were not skipped
    return events.on_received(slot, buffers_.bytes_of(completion), false);
  }
  const auto size = static_cast<std::uint64_t>(completion.res);
  socket.unwanted -= size;
  events.on_skipped(slot, size, false);
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
