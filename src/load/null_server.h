/// \file
/// An HTTP server that does as little as possible: one thread, one precomputed answer. Load
/// generators are measured against it, so it must be faster than every one of them. It is no
/// server for anything else: it takes what arrives in one piece for one request.
#pragma once

#include <array>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "load/load.h"

namespace unrig::load {

/// For one thread.
class NullServer {
 public:
  /// Listens at that port of the loopback interface; 0: at a free one. Answers have bodies of
  /// `body_size` bytes. Error: environment.
  [[nodiscard]] static Result<NullServer> listen(int port = 0, std::size_t body_size = 16);

  [[nodiscard]] int port() const { return port_; }
  /// Serves until it is told to stop, and notices that within 100 ms.
  void serve(const std::stop_token& stop);

 private:
  enum class After { close, keep_alive, keep_alive_said };

  /// What a request wants to happen to its connection; remembered for the last one, because they
  /// are all the same.
  class Decision {
   public:
    After operator()(std::string_view request);

   private:
    std::string last_;
    After after_ = After::close;
  };
  struct Connection {
    UniqueFd fd = {};
    After after = After::keep_alive;
    std::string_view unsent = {};   // of the head, and of a short body
    std::size_t unsent_pieces = 0;  // bytes of a long body
    [[nodiscard]] bool sent() const { return unsent.empty() && unsent_pieces == 0; }
  };

  NullServer(UniqueFd listener, UniqueFd epoll, int port, std::size_t body_size);
  void accept_all();
  void handle(int fd, std::uint32_t events);
  void answer(int fd, Connection& connection);
  void send_more(int fd, Connection& connection);
  [[nodiscard]] ssize_t send_pieces(int fd, std::size_t left);

  UniqueFd listener_;
  UniqueFd epoll_;
  int port_;
  std::vector<std::string> answers_;  // by After
  Decision decision_;
  std::string piece_;
  std::size_t long_body_;  // its size; 0: the body is in the answers
  std::vector<char> buffer_;
  std::vector<Connection> connections_;  // by descriptor
};

/// Runs the plan against a server of that kind in a thread of its own, whatever the plan's address:
/// what this machine's load generator reaches, with a server beside it. Error: as of run(), or of
/// NullServer::listen().
[[nodiscard]] Result<Outcome> run_against_null_server(Plan plan, const Clock& clock,
                                                      const std::stop_token& stop);

}  // namespace unrig::load
