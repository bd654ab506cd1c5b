/// \file
/// When requests are due: the two kinds of loop behind one interface. A driver decides when; the
/// engine (issue) decides how.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <vector>

#include "base/random.h"
#include "load/connection.h"
#include "load/ledger.h"
#include "load/share.h"

namespace unrig::load {

/// What a driver asks of the engine.
class Issuer {
 public:
  virtual ~Issuer() = default;
  /// Sends a request on an idle connection, or on a new one. False: all connections are in use.
  virtual bool issue(Instant intended, Client client) = 0;
  /// The thread has had a core to itself lately, and used all of it.
  [[nodiscard]] virtual bool saturated() const = 0;
  /// The run is to end at once. To connect may take milliseconds each where most ports are in use,
  /// so a row of requests ends where this becomes true.
  [[nodiscard]] virtual bool stopping() const { return false; }
};

class Driver {
 public:
  virtual ~Driver() = default;
  /// The next time at which it has something to do; Instant::max() when only an end will bring it.
  [[nodiscard]] virtual Instant next() const = 0;
  /// Does what is due. Called once per turn, and never from within ended().
  virtual void turn(Instant now) = 0;
  /// A request of `client` has ended; `connected`: false when no connection could be made. May
  /// issue the next one.
  virtual void ended(Client client, Instant now, bool connected) = 0;
  /// Nothing more will be due.
  [[nodiscard]] virtual bool exhausted() const = 0;
  /// Enters what was due but never issued as dropped, after waiting until now.
  virtual void give_up(Instant now) = 0;
};

/// N clients, each issuing its next request after its last one ended and its think time.
class ClosedDriver final : public Driver {
 public:
  /// `first_client`: the number of the first of `loop.clients` clients within the whole run, from
  /// which their random streams are named. Each begins in the midst of a pause, so that the first
  /// requests are spread as the later ones are. `timeline` need not be known yet.
  ClosedDriver(const ClosedLoop& loop, std::uint64_t seed, int first_client,
               const Timeline& timeline, Ledger& ledger, Issuer& issuer);

  [[nodiscard]] Instant next() const override;
  void turn(Instant now) override;
  void ended(Client client, Instant now, bool connected) override;
  [[nodiscard]] bool exhausted() const override { return thinking_.empty(); }
  void give_up(Instant) override {}

 private:
  struct Thinking {
    Duration until;  // from the start
    Client client;
    bool operator>(const Thinking& other) const { return until > other.until; }
  };
  void start(Instant intended, Client client);

  ClosedLoop loop_;
  const Timeline& timeline_;
  Ledger& ledger_;
  Issuer& issuer_;
  std::vector<RandomStream> random_;  // one for each client
  std::priority_queue<Thinking, std::vector<Thinking>, std::greater<>> thinking_;
};

/// A schedule of intended times.
class OpenDriver final : public Driver {
 public:
  /// `schedule`: offsets from the start, ascending; must outlive it. `timeline` need not be known
  /// yet.
  OpenDriver(std::span<const Duration> schedule, std::size_t queue_limit, const Timeline& timeline,
             Ledger& ledger, Issuer& issuer);

  [[nodiscard]] Instant next() const override;
  void turn(Instant now) override;
  void ended(Client client, Instant now, bool connected) override;
  [[nodiscard]] bool exhausted() const override {
    return position_ == schedule_.size() && waiting_.empty();
  }
  void give_up(Instant now) override;

 private:
  void arrive(Instant intended);

  std::span<const Duration> schedule_;
  std::size_t position_ = 0;  // of the next arrival
  std::size_t queue_limit_;
  const Timeline& timeline_;
  Ledger& ledger_;
  Issuer& issuer_;
  std::deque<Instant> waiting_;  // arrived, without a connection yet
};

/// The driver of the plan's loop. All but the plan must outlive it.
[[nodiscard]] std::unique_ptr<Driver> make_driver(const Plan& plan, const Share& share,
                                                  const Timeline& timeline, Ledger& ledger,
                                                  Issuer& issuer);

}  // namespace unrig::load
