/// \file
/// A server for accuracy.cpp whose answers take as long as a queue says, and which keeps a log.
#pragma once

#include <functional>
#include <queue>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace unrig::bench {

/// What became of one request.
struct Served {
  Instant arrived;   ///< read by the server
  Instant answered;  ///< just before the server sends
  /// The kernel's own stamps (SO_TIMESTAMPING): the packet of the request came in, the packet of
  /// the answer went out. Instant{} where the kernel gave none.
  Instant packet_in;
  Instant packet_out;
};

struct Log {
  std::vector<Served> served;
  /// How far the wall clock, which stamps packets, went away from the monotonic one meanwhile.
  Duration clocks_apart{0};
};

enum class Discipline {
  one_server,  ///< first come, first served
  no_waiting,  ///< every request at once: a pure delay
};

/// Answers each request after a service time drawn from `service`. It spins on a core of its own,
/// so that it is late by less than a microsecond; taking the stamps of packets adds another one.
class QueueServer {
 public:
  struct Behaviour {
    Discipline discipline = Discipline::no_waiting;
    std::function<Duration()> service;
    int core = 0;
    bool stamps_packets = false;
  };
  QueueServer(Behaviour behaviour, const Clock& clock);

  [[nodiscard]] int port() const { return port_; }
  /// Ends the server.
  [[nodiscard]] Log log();

 private:
  struct Due {
    Instant when;
    Served so_far;
    int fd;
    bool operator>(const Due& other) const { return when > other.when; }
  };

  void listen();
  void watch(int fd) const;
  void turn();
  void accept_one();
  void read(int fd);
  void answer(const Due& due);
  [[nodiscard]] Duration wall_ahead() const;

  const Behaviour behaviour_;
  const Clock& clock_;
  const Duration wall_ahead_;  // of the monotonic clock, at the beginning
  int port_ = 0;
  UniqueFd listener_, epoll_;
  std::vector<UniqueFd> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Instant free_;
  std::vector<Served> served_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace unrig::bench
