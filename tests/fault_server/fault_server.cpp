#include "fault_server/fault_server.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include "host/loopback.h"

namespace unrig::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<Fault, std::string_view>, 23> names{{
    {Fault::none, "none"},
    {Fault::reset_before, "reset_before"},
    {Fault::reset_in_head, "reset_in_head"},
    {Fault::reset_in_body, "reset_in_body"},
    {Fault::close_before, "close_before"},
    {Fault::truncated, "truncated"},
    {Fault::length_too_long, "length_too_long"},
    {Fault::length_too_short, "length_too_short"},
    {Fault::wrong_status, "wrong_status"},
    {Fault::wrong_body, "wrong_body"},
    {Fault::garbage, "garbage"},
    {Fault::second_answer, "second_answer"},
    {Fault::late_answer, "late_answer"},
    {Fault::drip, "drip"},
    {Fault::mute, "mute"},
    {Fault::close_idle, "close_idle"},
    {Fault::close_after, "close_after"},
    {Fault::reset_after, "reset_after"},
    {Fault::goodbye, "goodbye"},
    {Fault::early, "early"},
    {Fault::chunked, "chunked"},
    {Fault::until_close, "until_close"},
    {Fault::interim, "interim"},
}};

const sockaddr* as_sockaddr(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

std::string_view to_text(Fault fault) {
  return std::ranges::find(names, fault, &std::pair<Fault, std::string_view>::first)->second;
}

std::optional<Fault> fault_from(std::string_view text) {
  for (const auto& [fault, name] : names) {
    if (name == text) return fault;
  }
  return {};
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto& entry : names) faults.push_back(entry.first);
  return faults;
}

Result<std::unique_ptr<FaultServer>> FaultServer::start(const Script& script, const Clock& clock) {
  std::unique_ptr<FaultServer> server(new FaultServer(script, clock));
  if (auto listening = server->listen(); !listening) return std::unexpected(listening.error());
  if (!script.accepts) {
    if (auto filled = server->fill_line(); !filled) return std::unexpected(filled.error());
    return server;
  }
  server->thread_ =
      std::jthread([raw = server.get()](const std::stop_token& stop) { raw->serve(stop); });
  return server;
}

FaultServer::~FaultServer() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Log FaultServer::log() const {
  const std::scoped_lock lock(log_mutex_);
  return log_;
}

Result<> FaultServer::listen() {
  listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  const int on = 1;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = host::ipv4_loopback(script_.port);
  if (bind(listener_.get(), as_sockaddr(address), sizeof address) != 0) {
    return fail_errno(fmt::format("cannot use port {}", script_.port), errno);
  }
  const int line = script_.accepts ? 4096 : 0;
  if (::listen(listener_.get(), line) != 0) return fail_errno("cannot listen", errno);
  socklen_t size = sizeof address;
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener_.get()}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) != 0) {
    return fail_errno("cannot watch a socket", errno);
  }
  return {};
}

/// The kernel completes one connection more than the length of the line, which is 0.
Result<> FaultServer::fill_line() {
  for (int i = 0; i < 2; ++i) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in address = host::ipv4_loopback(port_);
    if (connect(fd.get(), as_sockaddr(address), sizeof address) != 0 && errno != EINPROGRESS) {
      return fail_errno("cannot connect to myself", errno);
    }
    line_.push_back(std::move(fd));
  }
  return {};
}

void FaultServer::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<epoll_event, 64> ready;
    const int count = epoll_wait(epoll_.get(), ready.data(), ready.size(), next_due_ms());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      const int fd = event.data.fd;
      if (fd == listener_.get()) {
        accept_all();
        continue;
      }
      if ((event.events & EPOLLOUT) != 0 && connections_.contains(fd)) send_more(fd);
      if ((event.events & ~EPOLLOUT) != 0 && connections_.contains(fd)) read(fd);
    }
    do_due();
  }
}

void FaultServer::accept_all() {
  while (true) {
    sockaddr_in peer{};
    socklen_t peer_size = sizeof peer;
    UniqueFd fd(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const int number = fd.get();
    const int on = 1;
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.fd = number}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, number, &event);
    ++generations_[number];
    connections_[number] = {.fd = std::move(fd)};
    const std::scoped_lock lock(log_mutex_);
    ++log_.connections;
    log_.peers.insert(ntohl(peer.sin_addr.s_addr));
  }
}

void FaultServer::read(int fd) {
  std::array<char, 4096> buffer;
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    connections_.erase(fd);
    return;
  }
  std::string& received = connections_[fd].received;
  received.append(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos) return;
  // Some old clients speak HTTP/1.0, where a connection stays open only if both sides say so.
  const bool old = received.find("HTTP/1.0\r\n") < end;
  const bool keeps = received.find("eep-") < end;  // keep-alive, Keep-Alive
  const bool wants_close = received.find("Connection: close") < end || (old && !keeps);
  connections_[fd].extra_head = old && keeps ? "Connection: keep-alive\r\n" : "";
  body_ = body_for(std::string_view(received).substr(0, end));
  received.erase(0, end + 4);
  const Duration takes = answer(fd, note_request());
  if (wants_close && connections_.contains(fd)) later(fd, takes, {}, true);
}

std::string FaultServer::body_for(std::string_view head) {
  if (!script_.echoes) return script_.body;
  constexpr std::string_view before = "?a=";
  const std::size_t at = head.find(before);
  if (at == std::string_view::npos) return "nothing";
  const std::string_view named = head.substr(at + before.size());
  const std::scoped_lock lock(log_mutex_);
  return *log_.asked.emplace(named.substr(0, named.find(' '))).first;
}

Fault FaultServer::note_request() {
  const std::scoped_lock lock(log_mutex_);
  ++log_.requests;
  const bool well = log_.requests % static_cast<std::uint64_t>(script_.every) != 0;
  const Fault fault = well ? Fault::none : script_.fault;
  ++log_.answers[fault];
  return fault;
}

Duration FaultServer::answer(int fd, Fault fault) {
  const std::string well = head(fd, "200 OK", body_.size()) + body_;
  if (fault == Fault::drip) return drip(fd, well);
  answer_at_once(fd, fault);
  return fault == Fault::mute ? std::chrono::hours(1) : Duration{0};
}

void FaultServer::answer_at_once(int fd, Fault fault) {
  const std::string& body = body_;
  const std::string whole_head = head(fd, "200 OK", body.size());
  const std::string half_body = body.substr(0, body.size() / 2);
  switch (fault) {
    case Fault::none:
      return answer_well(fd);
    case Fault::reset_before:
      return reset(fd);
    case Fault::reset_in_head:
      send(fd, whole_head.substr(0, whole_head.size() / 2));
      return reset(fd);
    case Fault::reset_in_body:
      send(fd, whole_head + half_body);
      return reset(fd);
    case Fault::close_before:
      return close(fd);
    case Fault::truncated:
      send(fd, whole_head + half_body);
      return close(fd);
    case Fault::length_too_long:
      send(fd, head(fd, "200 OK", body.size() + 10) + body);
      return close(fd);
    case Fault::length_too_short:
      return send(fd, head(fd, "200 OK", body.size() / 2) + body);
    case Fault::wrong_status:
      return send(fd, head(fd, "500 Internal Server Error", body.size()) + body);
    case Fault::wrong_body:
      return send(fd, whole_head + std::string(body.size(), '?'));
    case Fault::garbage:
      return send(fd, "SSH-2.0-OpenSSH_9.2\r\n");
    case Fault::second_answer:
      return send(fd, whole_head + body + whole_head + body);
    case Fault::late_answer:
      answer_well(fd);
      return later(fd, 20ms, whole_head + body, false);
    case Fault::drip:
    case Fault::mute:
      return;
    case Fault::close_idle:
      answer_well(fd);
      return later(fd, 5ms, {}, true);
    case Fault::close_after:
      answer_well(fd);
      return close(fd);
    case Fault::reset_after:
      answer_well(fd);
      return reset(fd);
    case Fault::goodbye:
      answer_well(fd);
      return later(fd, 5ms,
                   "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                   true);
    case Fault::early:
      answer_well(fd);
      return stop_reading(fd);
    case Fault::chunked:
      return send(fd, fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "{:x};a=b\r\n{}\r\n{:x}\r\n{}\r\n0\r\nDigest: none\r\n\r\n",
                                  half_body.size(), half_body, body.size() - half_body.size(),
                                  body.substr(half_body.size())));
    case Fault::until_close:
      send(fd, "HTTP/1.1 200 OK\r\n\r\n" + body);
      return close(fd);
    case Fault::interim:
      send(fd, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      return answer_well(fd);
  }
}

void FaultServer::answer_well(int fd) {
  send(fd, head(fd, "200 OK", body_.size()) + body_);
}

std::string FaultServer::head(int fd, std::string_view status, std::size_t length) const {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n", status, length,
                     connections_.at(fd).extra_head);
}

Duration FaultServer::drip(int fd, const std::string& bytes) {
  Duration delay{0};
  for (const char byte : bytes) later(fd, delay += 1ms, std::string(1, byte), false);
  return delay + 1ms;
}

void FaultServer::send(int fd, std::string_view bytes) {
  connections_[fd].unsent += bytes;
  send_more(fd);
}

void FaultServer::send_more(int fd) {
  Connection& connection = connections_[fd];
  const ssize_t sent = ::send(fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    connections_.erase(fd);
    return;
  }
  if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (!connection.unsent.empty()) event.events |= EPOLLOUT;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  if (connection.unsent.empty() && connection.closes) connections_.erase(fd);
}

void FaultServer::stop_reading(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void FaultServer::close(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  if (found->second.unsent.empty()) {
    connections_.erase(found);
  } else {
    found->second.closes = true;
  }
}

void FaultServer::reset(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  connections_.erase(fd);
}

void FaultServer::later(int fd, Duration delay, std::string bytes, bool closes) {
  later_.push_back({clock_.now() + delay, fd, generations_[fd], std::move(bytes), closes});
  std::ranges::push_heap(later_, std::greater<>{});
}

void FaultServer::do_due() {
  while (!later_.empty() && later_.front().when <= clock_.now()) {
    std::ranges::pop_heap(later_, std::greater<>{});
    const Later due = std::move(later_.back());
    later_.pop_back();
    if (!connections_.contains(due.fd) || generations_[due.fd] != due.generation) continue;
    if (!due.bytes.empty()) send(due.fd, due.bytes);
    if (due.closes) close(due.fd);
  }
}

int FaultServer::next_due_ms() const {
  constexpr int look_at_stop_ms = 20;
  if (later_.empty()) return look_at_stop_ms;
  const auto ahead =
      std::chrono::ceil<std::chrono::milliseconds>(later_.front().when - clock_.now());
  return std::clamp(static_cast<int>(ahead.count()), 0, look_at_stop_ms);
}

}  // namespace unrig::tests
