/// \file
/// Issues one schedule of HTTP/1.1 requests against one address and accounts for every request.
/// Knows no stack. Open loop: arrivals do not depend on completions. Closed loop: N clients, each
/// starting its next request after its last one ended and its think time.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "arrivals/pacing.h"
#include "arrivals/schedule.h"
#include "base/clock.h"
#include "base/result.h"
#include "host/endpoint.h"
#include "http/expect.h"
#include "http/request.h"
#include "stats/histogram.h"
#include "tally/tally.h"

namespace unrig::load {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string authority;  ///< "127.0.0.1:8080": the Host header, and for messages
};
/// Of a TCP port.
[[nodiscard]] Address address_of(const host::Endpoint& endpoint);

using http::Expectation;
using http::Request;

/// Requests that each ask for something of their own: in each the last `digits` bytes of the plan's
/// path are another number below `count`, drawn from the plan's seed, with zeros in front.
struct Keys {
  std::uint32_t count = 1;
  std::size_t digits = 10;
};

/// Says whether a complete body is the right one. Called for every response from the measuring
/// threads, by several at once: must not block or allocate, nor answer otherwise the next time.
class BodyCheck {
 public:
  virtual ~BodyCheck() = default;
  /// `key`: what the very request asked for that the body answers; none where the plan has no keys.
  [[nodiscard]] virtual bool right(std::string_view body,
                                   std::optional<std::uint32_t> key) const = 0;
};

using arrivals::ArrivalProcess;
using arrivals::Pacing;
using arrivals::ThinkTime;

/// N clients. The intended time of a client's next request is the end of its last one plus its
/// think time, so that percentiles of a closed loop cannot show what a stall kept from happening.
/// After a failure to connect a client pauses for 10 ms, so that nobody is hammered.
struct ClosedLoop {
  int clients = 1;
  Duration think_time{0};
  ThinkTime think = ThinkTime::constant;
};

/// Arrivals that do not depend on completions. What finds no free connection waits in line, and
/// its waiting is in its response time.
struct OpenLoop {
  Rate rate{1};
  std::optional<Rate> end_rate;  ///< a linear ramp from rate to this, over the window
  ArrivalProcess arrivals = ArrivalProcess::constant;
  int connections = 64;               ///< at most; grown as needed
  std::size_t queue_limit = 1 << 20;  ///< requests waiting for a connection beyond it are dropped
};

/// How bytes reach the kernel.
enum class Backend {
  automatic,  ///< epoll: it is everywhere
  epoll,
  io_uring,  ///< where it is forbidden or too old, and for TLS: epoll; see backend_note
};

/// HTTP/1.1 over TLS 1.2 or newer.
struct Tls {
  std::string server_name;  ///< a host name or an address: what the certificate must be for
  bool verify = true;       ///< against the authorities this machine trusts
  std::string authorities;  ///< a PEM file to trust instead; empty: the machine's own
};

struct Plan {
  Address address;
  Request request;
  std::optional<Keys> keys;  ///< none: all requests are the same
  std::variant<ClosedLoop, OpenLoop> loop = ClosedLoop{};
  bool keep_alive = true;
  Duration warmup{0};
  Duration duration = std::chrono::seconds(10);
  /// For one request, counted from its issue, connecting included. And, after the end of the
  /// schedule, for what still waits for a connection.
  Duration timeout = std::chrono::seconds(10);
  int threads = 1;
  std::vector<int> cpus;  ///< cores of the measuring threads; empty: all
  /// The measuring threads go before all programs of an ordinary priority, where that is allowed
  /// (see Generator::real_time): for a load on the machine that it is made on.
  bool real_time = false;
  std::uint64_t seed = 0;
  /// Its members and `check` are for a body that is complete: one that arrives in one piece is
  /// checked where it lies, others are put together up to `body_limit` bytes; a longer one cannot
  /// be checked and counts as wrong_body.
  Expectation expect;
  /// Null: what `expect` says is all. Instead of its members. Must outlive the run.
  const BodyCheck* check = nullptr;
  /// The exact body, compared while it streams, whatever its length; instead of both.
  std::optional<std::string> expected_body;
  std::size_t body_limit = 1 << 20;
  Pacing pacing = Pacing::hybrid;  ///< of an open loop; think times always sleep
  /// Local addresses that connections are made from, in turn. Empty: see below.
  std::vector<Address> sources;
  /// How many addresses of 127.0.0.0/8 connections to it are made from, in turn. 0: one, and more
  /// only when its ports run low, so that no_port does not occur.
  int source_addresses = 0;
  Backend backend = Backend::automatic;
  std::optional<Tls> tls;
  /// The clock of the schedule starts here, or when all threads are ready (tens of milliseconds
  /// after the call) if that is later; Outcome::start says which. The window is
  /// [start + warmup, start + warmup + duration).
  Instant start;
};

using tally::by_second;
using tally::causes;
using tally::Counts;
using tally::Failure;
using tally::failure_count;
using tally::Generator;
using tally::LoadVerdict;
using tally::Sample;
using tally::Second;
using tally::step_length;
using tally::Stretch;

struct Outcome {
  Counts total;                           ///< the whole schedule: warm-up, window, drain
  Counts window;                          ///< requests intended within the window
  std::uint64_t completed_in_window = 0;  ///< completions by time: what throughput counts
  Duration window_length{0};              ///< shorter than asked when stopped early
  std::uint64_t unasked_bytes = 0;        ///< connections that delivered bytes nobody asked for
  std::uint64_t reconnects = 0;           ///< connections closed by the server between two requests
  /// Requests that a close of their kept connection crossed, sent again once on a fresh one.
  std::uint64_t resent = 0;
  /// Answers that came before their request had completely reached the other side, and how many of
  /// them were counted as completed.
  std::uint64_t early_answers = 0;
  std::uint64_t early_completed = 0;
  std::uint64_t head_bodies = 0;  ///< bodies that followed the answer to HEAD
  std::uint64_t bytes_in = 0;
  // Of completed requests intended within the window, nanoseconds.
  stats::Histogram response;     ///< completed - intended
  stats::Histogram service;      ///< completed - issued
  stats::Histogram issue_delay;  ///< issued - intended
  /// The generator's own part of the issue delay, open loop only: how late it was when it took up
  /// an arrival intended within the window. The rest is waiting for a connection.
  stats::Histogram lateness;
  /// At most how long an answer lay there before it was read, of completed requests intended within
  /// the window: part of the service time, but not of the server. To 1 ms where the thread slept.
  stats::Histogram read_delay;
  /// Of 1 ms and longer, each of one thread, within the window, while requests were under way.
  stats::Histogram stalls;
  // Of requests intended within the window without an answer: timed out, unfinished, left in line.
  stats::Histogram unanswered_response;  ///< how long they had waited, since they were intended
  stats::Histogram unanswered_service;   ///< the same since they were issued
  /// The longest time within the window in which nothing was answered though requests were under
  /// way.
  Duration longest_gap{0};
  // Of connections made for requests intended within the window.
  stats::Histogram connect;    ///< until TCP was connected, from the issue of the request
  stats::Histogram handshake;  ///< of TLS, from then on
  std::vector<Stretch> steps;  ///< of step_length each, from the start, warm-up included
  std::vector<Second> series;  ///< from the start, warm-up included
  Generator generator;
  Instant start;                ///< when the schedule's clock started
  bool stopped = false;         ///< the stop token ended it
  std::vector<Sample> samples;  ///< one of each kind of failure, as long as there are few kinds
  /// Answers of another status than the expected, by it. See statuses() for all.
  std::map<int, std::uint64_t> wrong_statuses;

  /// What a failure of the most frequent class looked like, for a message; "" without a sample.
  [[nodiscard]] std::string sample_failure() const;
  [[nodiscard]] double throughput() const;  ///< completions inside the window per second of it
  [[nodiscard]] double offered() const;     ///< requests intended within the window, the same way
};

/// How many whole answers had which status.
[[nodiscard]] std::map<int, std::uint64_t> statuses(const Plan& plan, const Outcome& outcome);

/// What another thread may read while a run goes on; the measuring threads add to it ten times a
/// second. Never the last word: that is the Outcome.
class LiveCounts {
 public:
  std::atomic<std::uint64_t> completed{0};
  std::atomic<std::uint64_t> failed{0};
  /// Of the response times of completed requests so far, warm-up included, to 6 %; 0 without any.
  [[nodiscard]] Duration quantile(double q) const;

  /// \name For the measuring threads
  /// Each doubling of the time is divided into 16 slots.
  /// @{
  static constexpr std::size_t slot_count = std::size_t{64} * 16;
  [[nodiscard]] static std::size_t slot_of(Duration response);
  std::array<std::atomic<std::uint64_t>, slot_count> responses{};
  /// @}
};

/// Runs the plan to its end in `threads` threads of its own, between which nothing is shared while
/// measuring, and waits for them. `stop` ends it early; what was measured so far is returned.
/// Error: usage, when the plan makes no sense (no clients, no duration, a request that is none);
/// environment, when it cannot begin at all (no descriptors left, cores that do not exist).
/// Failures of requests are counts, not errors.
[[nodiscard]] Result<Outcome> run(const Plan& plan, const Clock& clock, std::stop_token stop,
                                  LiveCounts* live = nullptr);

}  // namespace unrig::load
