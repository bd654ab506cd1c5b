#include "load/driver.h"

#include <fmt/format.h>

namespace unrig::load {
namespace {

// After a failure to connect: long enough that a dead server is not hammered, short enough that a
// restarted one is found at once.
constexpr Duration pause_after_failure = std::chrono::milliseconds(10);

}  // namespace

ClosedDriver::ClosedDriver(const ClosedLoop& loop, std::uint64_t seed, int first_client,
                           const Timeline& timeline, Ledger& ledger, Issuer& issuer)
    : loop_(loop), timeline_(timeline), ledger_(ledger), issuer_(issuer) {
  random_.reserve(static_cast<std::size_t>(loop.clients));
  for (int i = 0; i < loop.clients; ++i) {
    random_.emplace_back(seed, fmt::format("think/{}", first_client + i));
    const Duration first = arrivals::first_think_time(loop.think, loop.think_time, random_.back());
    thinking_.push({first, static_cast<Client>(i)});
  }
}

Instant ClosedDriver::next() const {
  return thinking_.empty() ? Instant::max() : timeline_.start + thinking_.top().until;
}

void ClosedDriver::turn(Instant now) {
  while (next() <= now && !issuer_.stopping()) {
    const Thinking due = thinking_.top();
    thinking_.pop();
    const Instant intended = timeline_.start + due.until;
    if (intended < timeline_.window_end) start(intended, due.client);
  }
}

void ClosedDriver::ended(Client client, Instant now, bool connected) {
  if (!connected) {
    const Instant until = now + pause_after_failure;
    if (until < timeline_.window_end) thinking_.push({until - timeline_.start, client});
    return;
  }
  const Instant intended =
      now + arrivals::think_time(loop_.think, loop_.think_time, random_[client]);
  if (intended >= timeline_.window_end) return;
  // To read all answers and send all requests in the next turn is cheaper than one by one, because
  // each way through the kernel stays in the cache. On a core that is shared it would only make
  // requests late, whenever the thread is interrupted in between.
  if (intended > now || issuer_.saturated()) {
    thinking_.push({intended - timeline_.start, client});
  } else {
    start(intended, client);
  }
}

void ClosedDriver::start(Instant intended, Client client) {
  ledger_.scheduled(intended);
  const bool issued = issuer_.issue(intended, client);
  assert(issued && "there is a connection for each client");
  (void)issued;
}

OpenDriver::OpenDriver(std::span<const Duration> schedule, std::size_t queue_limit,
                       const Timeline& timeline, Ledger& ledger, Issuer& issuer)
    : schedule_(schedule),
      queue_limit_(queue_limit),
      timeline_(timeline),
      ledger_(ledger),
      issuer_(issuer) {}

Instant OpenDriver::next() const {
  return position_ < schedule_.size() ? timeline_.start + schedule_[position_] : Instant::max();
}

void OpenDriver::turn(Instant now) {
  while (next() <= now && !issuer_.stopping()) {
    const Instant intended = next();
    ++position_;
    ledger_.scheduled(intended);
    ledger_.taken_up(intended, now - intended);
    arrive(intended);
  }
}

void OpenDriver::arrive(Instant intended) {
  if (waiting_.empty() && issuer_.issue(intended, 0)) return;
  if (waiting_.size() < queue_limit_) {
    waiting_.push_back(intended);
  } else {
    ledger_.dropped(intended);
  }
}

void OpenDriver::ended(Client, Instant, bool) {
  if (!waiting_.empty() && issuer_.issue(waiting_.front(), 0)) waiting_.pop_front();
}

void OpenDriver::give_up(Instant now) {
  for (const Instant intended : waiting_) {
    ledger_.dropped(intended);
    ledger_.waited(intended, now);
  }
  waiting_.clear();
}

std::unique_ptr<Driver> make_driver(const Plan& plan, const Share& share, const Timeline& timeline,
                                    Ledger& ledger, Issuer& issuer) {
  if (const auto* open = std::get_if<OpenLoop>(&plan.loop)) {
    return std::make_unique<OpenDriver>(share.schedule, open->queue_limit, timeline, ledger,
                                        issuer);
  }
  ClosedLoop own = std::get<ClosedLoop>(plan.loop);
  own.clients = share.connections;
  return std::make_unique<ClosedDriver>(own, plan.seed, share.first_client, timeline, ledger,
                                        issuer);
}

}  // namespace unrig::load
