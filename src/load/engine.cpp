#include "load/engine.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace unrig::load {
namespace {

// How long a server may take to close a connection after "Connection: close" before the engine
// closes it. The side that closes first keeps the port in TIME_WAIT, so the engine lets the server
// go first, but not for so long that one which never closes runs out of connections.
constexpr Duration linger = std::chrono::milliseconds(50);

// The longest sleep: what bounds how late a stop is noticed and how long a stall of the thread
// itself can hide in a sleep.
constexpr Duration longest_sleep = std::chrono::milliseconds(10);

// A shorter silence is none.
constexpr Duration shortest_gap = std::chrono::milliseconds(1);

Failure failure_to_connect(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Failure::refused;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return Failure::no_port;
    case ECONNRESET:  // it was connected, or the kernel would say refused
    case EPIPE:
      return Failure::reset;
    default:
      return Failure::unreachable;
  }
}

/// What there is to say of a connection that could not be made.
std::string reason(Connection::State state, int error) {
  if (state != Connection::State::connecting || error == 0) return {};
  return std::generic_category().message(error);
}

/// The kernel takes shorter requests whole, and the other end has room for them.
constexpr std::size_t short_request = 4096;

/// A connection that ended so was closed by the other end, whatever crossed on the way.
bool is_close(int error) {
  return error == 0 || error == truncated || error == ECONNRESET || error == EPIPE;
}

bool is_failure_to_connect(Failure failure) {
  return failure == Failure::refused || failure == Failure::unreachable ||
         failure == Failure::no_port || failure == Failure::connect_timeout;
}

}  // namespace

Engine::Engine(const Plan& plan, const Share& share, Requests& requests, const Timeline& timeline,
               Transport& transport, const FastClock& clock, Ledger& ledger, LiveCounts* live,
               KernelsWord kernel)
    : plan_(plan),
      share_(share),
      requests_(requests),
      timeline_(timeline),
      // Think times need no such precision, and spinning clients would take CPU from the server.
      pacing_(std::holds_alternative<OpenLoop>(plan.loop) ? plan.pacing : Pacing::sleep),
      transport_(transport),
      clock_(clock),
      ledger_(ledger),
      publisher_(live),
      thread_(timeline, ledger, std::move(kernel)),
      judge_(plan),
      repeatable_(http::may_be_repeated(plan.request.method)),
      may_be_early_(requests.size() > short_request),
      connections_(slots_for(share.connections)),
      under_way_(connections_),
      idle_(connections_),
      lingering_(connections_) {
  for (std::size_t slot = connections_.size(); slot > 0; --slot) {
    free_.push_back(static_cast<Slot>(slot - 1));
  }
}

Engine::End Engine::run(Driver& driver, const std::stop_token& stop, Generator& cost) {
  driver_ = &driver;
  stop_ = stop;
  Instant now = clock_.now();
  bool done = false;
  while (!stop.stop_requested()) {
    ledger_.tick(now);
    expire(now);
    driver.turn(now);
    if (now >= timeline_.line_end) driver.give_up(now);
    done = now >= timeline_.window_end && driver.exhausted() && under_way_.size() == 0;
    if (done) break;
    publisher_.turn(now);
    const Duration timeout = time_to_wait(now);
    thread_.turn(now, timeout, under_way_.size() > 0);
    transport_.wait(timeout, *this);
    now = clock_.now();
    woke(now);
  }
  abandon(now);
  driver.give_up(now);
  publisher_.publish(now);
  thread_.finish(cost);
  return {now, !done, opened_};
}

Duration Engine::time_to_wait(Instant now) const {
  Instant wake = now + longest_sleep;
  if (under_way_.size() > 0) {
    wake = std::min(wake, connections_[under_way_.first()].request.issued + plan_.timeout);
  }
  if (lingering_.size() > 0) {
    wake = std::min(wake, connections_[lingering_.first()].ended + linger);
  }
  if (now < timeline_.window_start) wake = std::min(wake, timeline_.window_start);
  if (now < timeline_.window_end) wake = std::min(wake, timeline_.window_end);
  if (now < timeline_.line_end) wake = std::min(wake, timeline_.line_end);
  const Instant due = driver_->next();
  const Duration other = std::max(Duration{0}, wake - now);
  return due <= wake ? arrivals::pause(pacing_, due - now) : other;
}

bool Engine::issue(Instant intended, Client client) {
  Slot slot = idle_.first();
  if (slot != ConnectionList::none) {
    idle_.remove(slot);
    connections_[slot].kept = true;
    const std::string_view bytes = requests_.next(slot);
    start_request(slot, Connection::State::busy, intended, client);
    transport_.send(slot, bytes);
    return true;
  }
  if (under_way_.size() >= static_cast<std::size_t>(share_.connections)) return false;
  slot = slot_for_new_connection();
  connections_[slot].kept = false;
  const std::string_view bytes = requests_.next(slot);
  start_request(slot, Connection::State::connecting, intended, client);
  transport_.open(slot, bytes);
  return true;
}

/// There are more slots than connections may be under way or idle: the others are free or
/// lingering.
Slot Engine::slot_for_new_connection() {
  ++opened_;
  if (free_.empty()) close(lingering_.first());
  const Slot slot = free_.back();
  free_.pop_back();
  return slot;
}

void Engine::start_request(Slot slot, Connection::State state, Instant intended, Client client) {
  Connection& connection = connections_[slot];
  connection.state = state;
  judge_.begin(connection.so_far, requests_.key(slot));
  const bool first = under_way_.size() == 0;
  under_way_.append(slot);
  ledger_.issued(intended);
  connection.request = {client, intended, clock_.now()};
  connection.opened = connection.request.issued;
  if (first) answered_ = connection.request.issued;
}

void Engine::on_connected(Slot slot) {
  Connection& connection = connections_[slot];
  connection.connected = clock_.now();
  woke(connection.connected);
  ledger_.connected(connection.request.intended, connection.connected - connection.opened);
  if (!plan_.tls) connection.state = Connection::State::busy;
}

void Engine::on_secured(Slot slot) {
  Connection& connection = connections_[slot];
  ledger_.secured(connection.request.intended, clock_.now() - connection.connected);
  connection.state = Connection::State::busy;
}

void Engine::on_received(Slot slot, std::string_view bytes, bool ending) {
  const Instant now = clock_.now();
  woke(now);
  Connection& connection = connections_[slot];
  ledger_.bytes_in(bytes.size());
  if (connection.state != Connection::State::busy) return received_unasked(slot, bytes);
  const Judgement judgement = judge_.read(connection.so_far, bytes);
  if (!judgement.ended) {
    const std::uint64_t unread = judge_.skippable(connection.so_far);
    if (unread > 0 && !ending) transport_.skip(slot, unread);
    return;
  }
  if (connection.kept && judge_.crossed(connection.so_far) && repeatable_) {
    transport_.close(slot);
    return send_again(slot);
  }
  if (judgement.failure) sample(slot, *judgement.failure, bytes);
  settle(slot, judgement, ending, now);
}

void Engine::received_unasked(Slot slot, std::string_view bytes) {
  const bool idle = connections_[slot].state == Connection::State::idle;
  if (idle && Judge::says_goodbye(bytes)) {
    ledger_.reconnect();
  } else if (plan_.request.method == "HEAD") {
    ledger_.head_body();
    if (idle) ledger_.unasked_bytes();
  } else {
    ledger_.unasked_bytes();
  }
  close(slot);
}

void Engine::send_again(Slot slot) {
  Connection& connection = connections_[slot];
  assert(connection.kept && repeatable_);
  ledger_.resent();
  connection.kept = false;
  connection.opened = clock_.now();
  connection.state = Connection::State::connecting;
  judge_.begin(connection.so_far, requests_.key(slot));
  transport_.open(slot, requests_.of(slot));
}

void Engine::sample(Slot slot, Failure failure, std::string_view bytes, std::string_view why) {
  const AnswerSoFar& so_far = connections_[slot].so_far;
  const int status = so_far.parser.head_complete() ? so_far.parser.status() : 0;
  if (failure == Failure::wrong_status) ledger_.wrong_status(status);
  if (!ledger_.wants_sample(failure, status)) return;
  ledger_.sample(
      {failure, status, why.empty() ? judge_.describe(so_far, failure, bytes) : std::string(why)});
}

void Engine::on_skipped(Slot slot, std::uint64_t count, bool ending) {
  const Instant now = clock_.now();
  woke(now);
  ledger_.bytes_in(count);
  const Judgement judgement = judge_.skip(connections_[slot].so_far, count);
  if (!judgement.ended) return;
  if (judgement.failure) sample(slot, *judgement.failure, {});
  settle(slot, judgement, ending, now);
}

void Engine::settle(Slot slot, const Judgement& judgement, bool ending, Instant now) {
  const IssuedRequest request = connections_[slot].request;
  place(slot, judgement, ending, now);
  end_request(request, judgement.failure, now);
}

void Engine::place(Slot slot, const Judgement& judgement, bool ending, Instant now) {
  if (judgement.unasked_bytes) ledger_.unasked_bytes();
  if (judgement.head_body) ledger_.head_body();
  if (may_be_early_ && !transport_.delivered(slot)) ledger_.early_answer(!judgement.failure);
  // More of the body of an answer to HEAD may follow, and would be counted once more.
  const bool broken = judgement.unasked_bytes || judgement.head_body ||
                      judgement.failure == Failure::malformed || transport_.sending(slot);
  const bool server_closes = ending || !judgement.reusable;
  if (server_closes && plan_.keep_alive && !broken) ledger_.reconnect();
  connections_[slot].ended = now;
  if (broken || ending) {
    close(slot);
  } else if (server_closes || !plan_.keep_alive) {
    move_to(Connection::State::lingering, slot);
  } else {
    move_to(Connection::State::idle, slot);
  }
}

void Engine::end_request(const IssuedRequest& request, std::optional<Failure> failure,
                         Instant now) {
  const bool no_answer = failure == Failure::timeout || failure == Failure::connect_timeout;
  if (no_answer) ledger_.unanswered(request.intended, request.issued, now);
  if (!no_answer) {
    if (now - answered_ >= shortest_gap) ledger_.silent(answered_, now);
    answered_ = now;
  }
  if (failure) {
    ledger_.failed(request.intended, *failure);
    publisher_.failed();
  } else {
    publisher_.completed(now - request.intended);
    ledger_.completed({request.intended, request.issued, now, thread_.readable_since()});
  }
  driver_->ended(request.client, now, !failure || !is_failure_to_connect(*failure));
}

void Engine::on_closed(Slot slot, int error, std::string_view why) {
  const Instant now = clock_.now();
  woke(now);
  Connection& connection = connections_[slot];
  const Connection::State state = connection.state;
  const IssuedRequest request = connection.request;
  std::optional<Failure> failure;
  if (state == Connection::State::connecting) {
    failure = failure_to_connect(error);
  } else if (state == Connection::State::busy) {
    const bool silent = connection.kept && is_close(error) && connection.so_far.received == 0;
    const Judgement ended = judge_.at_close(connection.so_far, error);
    const bool timed_out = connection.kept && is_close(error) && judge_.crossed(connection.so_far);
    if ((silent || timed_out) && repeatable_) return send_again(slot);
    failure = silent ? Failure::stale : ended.failure;
  }
  if (failure) sample(slot, *failure, {}, why.empty() ? reason(state, error) : std::string(why));
  const bool had_request = &list_of(state) == &under_way_;
  forget(slot);
  const bool served = !had_request || !failure;
  if (served && state != Connection::State::lingering && plan_.keep_alive) ledger_.reconnect();
  if (had_request) end_request(request, failure, now);
}

void Engine::close(Slot slot) {
  transport_.close(slot);
  forget(slot);
}

void Engine::forget(Slot slot) {
  list_of(connections_[slot].state).remove(slot);
  connections_[slot].state = Connection::State::free;
  connections_[slot].so_far.pieces.reset();
  free_.push_back(slot);
}

ConnectionList& Engine::list_of(Connection::State state) {
  assert(state != Connection::State::free);
  if (state == Connection::State::idle) return idle_;
  return state == Connection::State::lingering ? lingering_ : under_way_;
}

void Engine::move_to(Connection::State state, Slot slot) {
  list_of(connections_[slot].state).remove(slot);
  connections_[slot].state = state;
  list_of(state).append(slot);
}

/// All lists are in the order of time, so that only their beginnings need a look.
void Engine::expire(Instant now) {
  for (Slot slot = under_way_.first(); slot != ConnectionList::none; slot = under_way_.first()) {
    const Connection& connection = connections_[slot];
    const IssuedRequest request = connection.request;
    if (request.issued + plan_.timeout > now) break;
    const bool connected = connection.state == Connection::State::busy;
    const Failure failure = connected ? Failure::timeout : Failure::connect_timeout;
    const bool handshakes = plan_.tls && !connected && connection.connected >= connection.opened;
    if (connected || handshakes) {
      sample(slot, failure, {}, handshakes ? "connected, but no answer to the TLS handshake" : "");
    }
    close(slot);
    end_request(request, failure, now);
  }
  for (Slot slot = lingering_.first(); slot != ConnectionList::none; slot = lingering_.first()) {
    if (connections_[slot].ended + linger > now) break;
    close(slot);
  }
}

void Engine::abandon(Instant now) {
  if (under_way_.size() > 0) ledger_.silent(answered_, now);
  for (Slot slot = under_way_.first(); slot != ConnectionList::none; slot = under_way_.first()) {
    const IssuedRequest& request = connections_[slot].request;
    ledger_.unfinished(request.intended);
    ledger_.unanswered(request.intended, request.issued, now);
    close(slot);
  }
}

}  // namespace unrig::load
