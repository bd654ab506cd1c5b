/// \file
/// For tests: a clock that moves only when told, and a transport whose server is a function. What
/// the engine then measures can be computed with pencil and paper.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.h"
#include "load/engine.h"

namespace unrig::load::simulation {

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void sleep_until(Instant when) const override { advance_to(when); }
  void advance_to(Instant when) const {
    if (when > now_) now_ = when;
  }

 private:
  mutable Instant now_{std::chrono::hours(1)};
};

/// What the server does with one request or connection.
struct Reply {
  Instant when;       ///< when the bytes arrive; Instant::max(): never
  std::string bytes;  ///< none: the connection ends at `when`, with `error`
  int error = 0;
  bool closes = false;  ///< the server closes after the bytes
  /// More bytes, so much later, after which the server closes; "": none.
  std::string late_bytes = {};
  Duration late{0};
};
using Server = std::function<Reply(Instant)>;

inline const std::string ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Connections are made in no time, or end with `connect_error`.
class SimulatedTransport final : public Transport {
 public:
  SimulatedTransport(const VirtualClock& clock, std::size_t slots, Server server)
      : clock_(clock), server_(std::move(server)), generations_(slots), open_(slots) {}

  void open(Slot slot, std::string_view bytes) override {
    assert(!open_[slot]);
    open_[slot] = true;
    ++connections;
    most_open = std::max(most_open, static_cast<int>(std::ranges::count(open_, true)));
    const Instant now = clock_.now();
    if (!connects) return;
    push({now, slot, generations_[slot], Event::connected, {.when = now, .error = connect_error}});
    if (connect_error == 0) send(slot, bytes);
  }
  void send(Slot slot, std::string_view bytes) override {
    sent = bytes;
    const Reply reply = server_(clock_.now());
    if (reply.when == Instant::max()) return;
    push({reply.when, slot, generations_[slot], Event::reply, reply});
  }
  void skip(Slot, std::uint64_t) override {}
  [[nodiscard]] bool sending(Slot) const override { return false; }
  [[nodiscard]] bool delivered(Slot) const override { return delivers; }
  void close(Slot slot) override {
    assert(open_[slot]);
    open_[slot] = false;
    ++generations_[slot];
  }
  void wait(Duration timeout, TransportEvents& events) override;

  int connections = 0;
  int most_open = 0;  ///< connections at a time
  std::string sent;   ///< the request that the server is asked to answer
  int connect_error = 0;
  bool connects = true;  ///< false: connections hang
  bool delivers = true;  ///< false: requests are not read to their end
  /// The thread does not run from `pause_at` on, for `pause`.
  Instant pause_at = Instant::max();
  Duration pause{0};
  Duration paused{0};  ///< in sum

 private:
  struct Event {
    Instant when;
    Slot slot;
    std::uint32_t generation;
    enum Kind { connected, reply } kind;
    Reply what;
    std::uint64_t order = 0;
    bool operator>(const Event& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  void push(Event event) {
    event.order = pushed_++;
    events_.push(std::move(event));
  }
  void deliver(const Event& event, TransportEvents& events);

  const VirtualClock& clock_;
  Server server_;
  std::vector<std::uint32_t> generations_;
  std::vector<bool> open_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t pushed_ = 0;
};

inline void SimulatedTransport::wait(Duration timeout, TransportEvents& events) {
  const Instant limit = clock_.now() + timeout;
  const Instant first = events_.empty() ? Instant::max() : events_.top().when;
  clock_.advance_to(std::min(first, limit));
  if (clock_.now() >= pause_at) {
    clock_.advance_to(pause_at + pause);
    pause_at = Instant::max();
    paused += pause;
  }
  while (!events_.empty() && events_.top().when <= clock_.now()) {
    const Event event = events_.top();
    events_.pop();
    deliver(event, events);
  }
}

inline void SimulatedTransport::deliver(const Event& event, TransportEvents& events) {
  const auto current = [&] { return generations_[event.slot] == event.generation; };
  if (!current()) return;
  const Reply& what = event.what;
  if (event.kind == Event::connected && what.error == 0) return events.on_connected(event.slot);
  if (!what.bytes.empty()) events.on_received(event.slot, what.bytes, what.closes);
  if (!what.late_bytes.empty() && current()) {
    const Instant when = event.when + what.late;
    const Reply rest{.when = when, .bytes = what.late_bytes, .closes = true};
    return push({when, event.slot, event.generation, Event::reply, rest});
  }
  if ((what.bytes.empty() || what.closes) && current()) {
    close(event.slot);
    events.on_closed(event.slot, what.error, {});
  }
}

/// One run of the engine in virtual time.
struct Simulation {
  Plan plan;
  Server server;
  std::function<void(SimulatedTransport&, Instant start)> arrange = [](auto&, auto) {};
  std::stop_token stop = {};
  std::string request = "GET";
  bool tells_queue_wait = true;  ///< pauses of the thread are waits for a core
  bool has_quota = false;        ///< which is what pauses it
  int connections_made = 0;
  int most_open = 0;

  Outcome operator()();
};

inline Outcome Simulation::operator()() {
  plan.pacing = Pacing::sleep;  // spinning would stand still in virtual time
  const VirtualClock clock;
  plan.threads = 1;
  const Share share = divide(plan, request).front();
  Requests requests(plan, share);
  const Timeline timeline = Timeline::of(plan, clock.now());
  SimulatedTransport transport(clock, slots_for(share.connections), server);
  arrange(transport, timeline.start);
  Ledger ledger(timeline);
  const FastClock fast_clock(clock);
  KernelsWord kernel;
  if (tells_queue_wait) kernel.queue_wait = [&] { return std::optional(transport.paused); };
  if (has_quota) kernel.quota_use = [&] { return host::Throttling{7, transport.paused}; };
  Engine engine(plan, share, requests, timeline, transport, fast_clock, ledger, nullptr, kernel);
  const auto driver = make_driver(plan, share, timeline, ledger, engine);
  Generator cost;
  const Engine::End end = engine.run(*driver, stop, cost);
  connections_made = transport.connections;
  most_open = transport.most_open;
  Outcome outcome = std::move(ledger).close(end.at);
  outcome.generator = cost;
  outcome.generator.cpu = {};  // was spent in real time, in which there is no window
  outcome.stopped = end.stopped;
  return outcome;
}

/// Answers after `delay`.
inline Server answers_after(Duration delay, std::string answer = ok_answer) {
  return [delay, answer](Instant now) { return Reply{.when = now + delay, .bytes = answer}; };
}

/// Answers after `delay`, but nothing between `from` and `to`, when it catches up.
inline Server freezes(Duration delay, Instant from, Instant to) {
  return [=](Instant now) {
    const Instant ready = now + delay;
    return Reply{.when = ready >= from && ready < to ? to : ready, .bytes = ok_answer};
  };
}

inline Plan closed_plan(int clients, Duration duration = std::chrono::seconds(1)) {
  Plan plan;
  plan.loop = ClosedLoop{.clients = clients};
  plan.duration = duration;
  return plan;
}

inline Plan open_plan(double per_second, int connections,
                      Duration duration = std::chrono::seconds(1)) {
  Plan plan;
  plan.loop = OpenLoop{.rate = Rate{per_second}, .end_rate = {}, .connections = connections};
  plan.duration = duration;
  return plan;
}

/// Of the virtual clock.
inline constexpr Instant start{std::chrono::hours(1)};

inline void expect_within_one_percent(Duration value, Duration truth) {
  EXPECT_NEAR(microseconds(value), microseconds(truth), microseconds(truth) * 0.01);
}

}  // namespace unrig::load::simulation
