/// \file
/// An HTTP server for tests of the load engine, and of other load generators: it answers well
/// except where it was told to do wrong, and keeps an exact log of what it did.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace unrig::tests {

/// What the server does with a request instead of answering it well.
enum class Fault {
  none,
  reset_before,      ///< resets the connection without an answer
  reset_in_head,     ///< half of the head, then a reset
  reset_in_body,     ///< head and half of the body, then a reset
  close_before,      ///< closes in good order without an answer
  truncated,         ///< head and half of the body, then closes in good order
  length_too_long,   ///< says a longer length than the body has, then closes in good order
  length_too_short,  ///< says a shorter length than the body has
  wrong_status,      ///< 500
  wrong_body,        ///< of the right length
  garbage,           ///< not HTTP
  second_answer,     ///< a second answer that nobody asked for, right behind the first
  late_answer,       ///< a second answer 20 ms after the first
  drip,              ///< a good answer, one byte at a time
  mute,              ///< no answer; the connection stays open
  close_idle,        ///< a good answer; 5 ms later the connection is closed in good order
  close_after,       ///< a good answer, and the connection is closed at once without a word
  reset_after,       ///< a good answer, and a reset at once
  goodbye,           ///< a good answer; 5 ms later a 408 and the connection is closed
  early,             ///< a good answer to the head; what follows it is never read
  chunked,           ///< a good answer in chunks, with trailers
  until_close,       ///< a good answer whose body ends with the connection
  interim,           ///< a good answer after "103 Early Hints"
};
[[nodiscard]] std::string_view to_text(Fault fault);
[[nodiscard]] std::optional<Fault> fault_from(std::string_view text);
[[nodiscard]] std::vector<Fault> all_faults();

struct Script {
  Fault fault = Fault::none;
  int every = 1;  ///< the requests number every, 2 * every, … are treated so
  std::string body = "0123456789abcdef";
  /// Bodies are what the request names behind "?a=" instead.
  bool echoes = false;
  /// False: connections are made by the kernel until its line is full, and then not at all; the
  /// server has filled that line by itself.
  bool accepts = true;
  int port = 0;  ///< 0: a free one
};

struct Log {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::set<std::uint32_t> peers;           ///< addresses that connections came from
  std::set<std::string> asked;             ///< what was named, where the server echoes
  std::map<Fault, std::uint64_t> answers;  ///< by what was done; sums up to requests
  [[nodiscard]] std::uint64_t of(Fault fault) const {
    const auto found = answers.find(fault);
    return found == answers.end() ? 0 : found->second;
  }
};

/// Serves 127.0.0.1 from a thread of its own until it is destroyed.
class FaultServer {
 public:
  static Result<std::unique_ptr<FaultServer>> start(const Script& script, const Clock& clock);
  ~FaultServer();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] Log log() const;

 private:
  struct Connection {
    UniqueFd fd;
    std::string received;
    std::string extra_head;  // of its next answer
    std::string unsent;
    bool closes = false;  // as soon as all is sent
  };
  /// Something to do later, since the server's thread must not sleep.
  struct Later {
    Instant when;
    int fd;
    std::uint64_t generation;
    std::string bytes;
    bool closes = false;
    bool operator>(const Later& other) const { return when > other.when; }
  };

  FaultServer(const Script& script, const Clock& clock) : script_(script), clock_(clock) {}
  Result<> listen();
  Result<> fill_line();
  void serve(const std::stop_token& stop);
  void accept_all();
  void read(int fd);
  /// Returns how long the answer takes.
  Duration answer(int fd, Fault fault);
  void answer_at_once(int fd, Fault fault);
  void answer_well(int fd);
  void stop_reading(int fd);
  [[nodiscard]] std::string head(int fd, std::string_view status, std::size_t length) const;
  Duration drip(int fd, const std::string& bytes);
  void send(int fd, std::string_view bytes);
  void later(int fd, Duration delay, std::string bytes, bool closes);
  void do_due();
  [[nodiscard]] int next_due_ms() const;
  void send_more(int fd);
  /// When all is sent.
  void close(int fd);
  void reset(int fd);
  /// The body of the answer to the request that `head` is.
  [[nodiscard]] std::string body_for(std::string_view head);
  Fault note_request();

  const Script script_;
  const Clock& clock_;
  int port_ = 0;
  UniqueFd listener_;
  UniqueFd epoll_;
  std::vector<UniqueFd> line_;  // own connections that nobody accepts
  std::string body_;            // of the answer that is made now
  std::map<int, Connection> connections_;
  std::map<int, std::uint64_t> generations_;  // of each descriptor number, which is used again
  std::vector<Later> later_;                  // a heap, the next one first
  mutable std::mutex log_mutex_;
  Log log_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace unrig::tests
