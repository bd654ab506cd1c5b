/// \file
/// For tests: HTTP servers that do with each connection what a test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "host/endpoint.h"

namespace unrig::audit {

/// One connection as the server has it.
class ServerTalk {
 public:
  explicit ServerTalk(UniqueFd fd) : fd_(std::move(fd)) {
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  /// The next request up to its empty line; "" where the client has gone before that.
  std::string hear() {
    while (heard_.find("\r\n\r\n") == std::string::npos) {
      if (!hear_some()) return {};
    }
    const auto end = heard_.find("\r\n\r\n") + 4;
    std::string request = heard_.substr(0, end);
    heard_.erase(0, end);
    return request;
  }
  /// What the next read brings, whatever it is; "" at the client's end.
  std::string hear_once() {
    if (heard_.empty()) hear_some();
    return std::exchange(heard_, {});
  }
  /// What is not confirmed yet keeps the next piece waiting, as where nobody sets TCP_NODELAY.
  void waits_for_confirmations() const {
    const int off = 0;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
  }
  /// Throws away what was read and not heard.
  void forget() { heard_.clear(); }
  void say(std::string_view bytes) const {
    static_cast<void>(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  /// Ends it as a server that has crashed does.
  void reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }

 private:
  bool hear_some() {
    char buffer[4096];
    const auto got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (got > 0) heard_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  UniqueFd fd_;
  std::string heard_;
};

/// Listens at a port that the kernel chose, and gives one connection after the other to `serve`;
/// each ends when that returns.
class PlayedServer {
 public:
  explicit PlayedServer(std::function<void(ServerTalk&)> serve)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = host::socket_address(host::loopback(0));
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    ::bind(listening_.get(), address.get(), address.length);
    ::listen(listening_.get(), 64);
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(in), &address.length);
    at_ = host::loopback(ntohs(in->sin_port));
    thread_ = std::jthread([this, work = std::move(serve)] {
      while (true) {
        UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!fd) return;
        ++connections_;
        ServerTalk talk(std::move(fd));
        work(talk);
      }
    });
  }
  ~PlayedServer() { ::shutdown(listening_.get(), SHUT_RDWR); }

  [[nodiscard]] const host::Endpoint& at() const { return at_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  UniqueFd listening_;
  host::Endpoint at_;
  std::atomic<int> connections_{0};
  std::jthread thread_;
};

}  // namespace unrig::audit
