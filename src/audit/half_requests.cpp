#include "audit/half_requests.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string_view>

namespace unrig::audit {
namespace {

/// Reads and drops some of what there is: whoever streams without an end keeps nobody here. False:
/// the answer is complete, or there will be no more of it.
bool goes_on(int fd, http::ResponseParser& parser) {
  char buffer[4096];
  const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) {
    std::string_view bytes(buffer, static_cast<std::size_t>(got));
    while (!bytes.empty()) {
      const auto event = parser.next(bytes);
      if (event.kind != http::Event::Kind::more) return false;
      bytes.remove_prefix(event.consumed);
    }
    return true;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace

Result<> HalfRequests::open(int count) {
  constexpr auto limit = std::chrono::seconds(1);
  const auto address = host::socket_address(at_);
  for (int i = 0; i < count; ++i) {
    UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("a socket", errno);
    if (connect(fd.get(), address.get(), address.length) != 0 && errno != EINPROGRESS)
      return fail_errno(at_.text(), errno);
    pollfd ready{.fd = fd.get(), .events = POLLOUT, .revents = 0};
    const Instant now = clock_.now();
    if (poll(&ready, 1, poll_time(now + limit, now)) != 1) return fail_errno(at_.text(), ETIMEDOUT);
    if (send(fd.get(), request_.data(), half(), MSG_NOSIGNAL) != static_cast<ssize_t>(half()))
      return fail_errno(at_.text(), errno);
    open_.push_back({.fd = std::move(fd)});
  }
  return {};
}

void HalfRequests::finish(Duration limit) {
  const Instant deadline = clock_.now() + limit;
  for (const Half& each : open_) {
    // Where that fails there is nobody who waits for it.
    static_cast<void>(
        send(each.fd.get(), request_.data() + half(), request_.size() - half(), MSG_NOSIGNAL));
  }
  while (!open_.empty()) {
    std::vector<pollfd> waiting;
    for (const Half& each : open_) waiting.push_back({each.fd.get(), POLLIN, 0});
    const int ready = poll(waiting.data(), waiting.size(), poll_time(deadline, clock_.now()));
    if (ready == 0 || (ready < 0 && errno != EINTR)) break;
    std::vector<Half> left;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      Half& each = open_[i];
      if (waiting[i].revents == 0 || goes_on(each.fd.get(), each.parser))
        left.push_back(std::move(each));
    }
    open_ = std::move(left);
  }
  open_.clear();
}

}  // namespace unrig::audit
