#include "load/epoll_transport.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include "base/kernel.h"

namespace unrig::load {
namespace {

// What one recv takes at most: fits into the second-level cache and is many packets.
constexpr std::size_t buffer_size = std::size_t{64} * 1024;
// Receives in a row from one connection before the others get their turn.
constexpr int receives_in_a_row = 16;
// Few, so that arrivals that fall due in the meantime do not wait for a long row of answers.
constexpr int events_at_a_time = 32;

constexpr std::uint32_t peer_ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

std::uint64_t tag(Slot slot, std::uint32_t generation) {
  return (static_cast<std::uint64_t>(generation) << 32) | slot;
}

}  // namespace

Result<std::unique_ptr<EpollTransport>> EpollTransport::make(const Route& route,
                                                             std::size_t slots) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("cannot create an epoll instance", errno);
  return std::unique_ptr<EpollTransport>(new EpollTransport(std::move(epoll), route, slots));
}

EpollTransport::EpollTransport(UniqueFd epoll, const Route& route, std::size_t slots)
    : epoll_(std::move(epoll)),
      route_(route),
      precise_(has_epoll_pwait2()),
      sockets_(slots),
      buffer_(buffer_size) {}

void EpollTransport::open(Slot slot, std::string_view bytes) {
  Socket& socket = sockets_[slot];
  assert(!socket.fd);
  socket.connected = false;
  socket.unsent = bytes;
  if (const int error = connect(socket, slot); error != 0) return later(slot, {true, error});
  // On loopback the connection is there by now, though connect could not say so.
  flush(slot);
  if (socket.unsent.size() < bytes.size()) connected_.push_back({slot, socket.generation});
}

int EpollTransport::connect(Socket& socket, Slot slot) {
  int error = 0;
  socket.fd = start_connecting(route_, next_source_++, error);
  if (error != 0 && error != EINPROGRESS) return error;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag(slot, socket.generation);
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.fd.get(), &event) == 0 ? 0 : errno;
}

void EpollTransport::send(Slot slot, std::string_view bytes) {
  Socket& socket = sockets_[slot];
  assert(socket.connected && socket.unsent.empty());
  socket.unsent = bytes;
  flush(slot);
}

void EpollTransport::skip(Slot slot, std::uint64_t count) {
  Socket& socket = sockets_[slot];
  socket.unwanted = count;
  set_low_water(socket.fd.get(), count, socket.low_water);
}

void EpollTransport::flush(Slot slot) {
  Socket& socket = sockets_[slot];
  while (!socket.unsent.empty()) {
    const ssize_t sent =
        ::send(socket.fd.get(), socket.unsent.data(), socket.unsent.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      socket.unsent.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      return;  // the kernel will report when there is room, or the connection
    } else if (errno != EINTR) {
      return later(slot, {true, errno});
    }
  }
}

void EpollTransport::later(Slot slot, End end) {
  overdue_.push_back({slot, sockets_[slot].generation, end});
}

void EpollTransport::close(Slot slot) {
  Socket& socket = sockets_[slot];
  socket.fd.reset();  // leaves the epoll instance by itself
  socket.unsent = {};
  socket.unwanted = 0;
  socket.low_water = 1;
  ++socket.generation;
}

void EpollTransport::wait(Duration timeout, TransportEvents& events) {
  if (!overdue_.empty()) timeout = Duration{0};
  handle_connected(events);
  handle_overdue(events);
  std::array<epoll_event, events_at_a_time> ready;
  const auto whole_seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timespec limit{.tv_sec = static_cast<time_t>(whole_seconds.count()),
                       .tv_nsec = static_cast<long>((timeout - whole_seconds).count())};
  int count = 0;
  if (precise_) {
    count = epoll_pwait2(epoll_.get(), ready.data(), events_at_a_time, &limit, nullptr);
  } else {
    // epoll_wait counts whole milliseconds: too coarse to issue a request when it is due.
    pollfd one{epoll_.get(), POLLIN, 0};
    if (timeout > Duration{0}) ppoll(&one, 1, &limit, nullptr);
    count = epoll_wait(epoll_.get(), ready.data(), events_at_a_time, 0);
  }
  for (int i = 0; i < count; ++i) handle(ready[i], events);
}

void EpollTransport::handle(const epoll_event& event, TransportEvents& events) {
  const auto slot = static_cast<Slot>(event.data.u64);
  Socket& socket = sockets_[slot];
  const bool old = tag(slot, socket.generation) != event.data.u64 || !socket.fd;
  if (old) return;
  End end{.ended = (event.events & peer_ended) != 0};
  if (!socket.connected) {
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) end.error = pending_error(socket.fd.get());
    // A reset comes only after the connection was made; before, the kernel calls it refused.
    if (end.error != 0 && end.error != ECONNRESET) return report_closed(slot, end.error, events);
    if ((event.events & (EPOLLOUT | EPOLLIN)) == 0) return;
    become_connected(slot, events);
    if (!socket.fd) return;
  }
  if ((event.events & EPOLLOUT) != 0 && !socket.unsent.empty()) flush(slot);
  if (end.ended || (event.events & EPOLLIN) != 0) receive(slot, end, events);
}

void EpollTransport::become_connected(Slot slot, TransportEvents& events) {
  sockets_[slot].connected = true;
  events.on_connected(slot);
}

void EpollTransport::handle_connected(TransportEvents& events) {
  for (std::size_t i = 0; i < connected_.size(); ++i) {
    const auto [slot, generation] = connected_[i];
    const Socket& socket = sockets_[slot];
    if (socket.generation == generation && !socket.connected) become_connected(slot, events);
  }
  connected_.clear();
}

void EpollTransport::handle_overdue(TransportEvents& events) {
  overdue_now_.swap(overdue_);
  for (const Overdue& overdue : overdue_now_) {
    const Socket& socket = sockets_[overdue.slot];
    if (socket.generation != overdue.generation) continue;
    if (socket.connected) {
      receive(overdue.slot, overdue.end, events);
    } else {
      report_closed(overdue.slot, overdue.end.error, events);
    }
  }
  overdue_now_.clear();
}

EpollTransport::Received EpollTransport::receive_once(Socket& socket) {
  // TCP throws bytes away without copying them when MSG_TRUNC is asked for (tcp(7)).
  const bool skips = socket.unwanted > 0;
  const std::size_t wanted =
      skips ? std::min<std::uint64_t>(socket.unwanted, skip_size) : buffer_.size();
  const ssize_t size =
      recv(socket.fd.get(), skips ? nullptr : buffer_.data(), wanted, skips ? MSG_TRUNC : 0);
  if (skips && size > 0) {
    socket.unwanted -= static_cast<std::uint64_t>(size);
    set_low_water(socket.fd.get(), socket.unwanted, socket.low_water);
  }
  // A recv that does not get all it wants has emptied the socket: no second one is needed.
  return {size, size > 0 && static_cast<std::size_t>(size) < wanted, skips};
}

void EpollTransport::receive(Slot slot, End end, TransportEvents& events) {
  const std::uint32_t generation = sockets_[slot].generation;
  for (int i = 0; i < receives_in_a_row; ++i) {
    const Received got = receive_once(sockets_[slot]);
    if (got.size == 0) return report_closed(slot, end.error, events);
    if (got.size < 0 && errno == EINTR) continue;
    if (got.size < 0 && errno == EAGAIN) return;
    if (got.size < 0) return report_closed(slot, errno, events);
    const bool last = end.ended && got.drained;
    const auto size = static_cast<std::size_t>(got.size);
    if (got.skipped) {
      events.on_skipped(slot, size, last);
    } else {
      events.on_received(slot, {buffer_.data(), size}, last);
    }
    if (sockets_[slot].generation != generation || (got.drained && !end.ended)) return;
  }
  later(slot, end);
}

void EpollTransport::report_closed(Slot slot, int error, TransportEvents& events) {
  close(slot);
  events.on_closed(slot, error, {});
}

}  // namespace unrig::load
