/// \file
/// One measuring thread: connections, requests and their time limits. It owns no descriptor and no
/// thread, so that a simulated transport and clock can drive it.
#pragma once

#include <memory>
#include <stop_token>

#include "load/driver.h"
#include "load/fast_clock.h"
#include "load/publisher.h"
#include "load/requests.h"
#include "load/share.h"
#include "load/thread_cost.h"

namespace unrig::load {

class Engine final : public Issuer, private TransportEvents {
 public:
  /// All must outlive it.
  /// The time line need not be known before run().
  Engine(const Plan& plan, const Share& share, Requests& requests, const Timeline& timeline,
         Transport& transport, const FastClock& clock, Ledger& ledger, LiveCounts* live,
         KernelsWord kernel = {});

  struct End {
    Instant at;
    bool stopped = false;         ///< before all was done
    std::size_t connections = 0;  ///< that it opened
  };
  /// Runs until the driver is exhausted and every request has ended, or until `stop`. Each request
  /// has its whole timeout, however late it was issued; none is issued later than one timeout after
  /// the window, so that it ends. Fills in what the thread cost.
  End run(Driver& driver, const std::stop_token& stop, Generator& cost);

  bool issue(Instant intended, Client client) override;
  [[nodiscard]] bool saturated() const override { return thread_.saturated(); }
  [[nodiscard]] bool stopping() const override { return stop_.stop_requested(); }

 private:
  void on_connected(Slot slot) override;
  void on_secured(Slot slot) override;
  void on_received(Slot slot, std::string_view bytes, bool ending) override;
  void on_skipped(Slot slot, std::uint64_t count, bool ending) override;
  void on_closed(Slot slot, int error, std::string_view why) override;

  /// At every event: when it was seen.
  void woke(Instant now) {
    thread_.woke(now);
    ledger_.tick(now);
  }
  [[nodiscard]] Slot slot_for_new_connection();
  /// The connection closed while its request was on the way: the same request on a fresh one, in
  /// the place of the old one, whose slot is free.
  void send_again(Slot slot);
  void sample(Slot slot, Failure failure, std::string_view bytes, std::string_view why = {});
  void received_unasked(Slot slot, std::string_view bytes);
  void start_request(Slot slot, Connection::State state, Instant intended, Client client);
  /// The answer has ended.
  void settle(Slot slot, const Judgement& judgement, bool ending, Instant now);
  /// Where the connection of a whole answer goes.
  void place(Slot slot, const Judgement& judgement, bool ending, Instant now);
  /// The connection must have been dealt with before: the driver may issue at once.
  void end_request(const IssuedRequest& request, std::optional<Failure> failure, Instant now);
  void close(Slot slot);
  /// The transport has closed the slot.
  void forget(Slot slot);
  [[nodiscard]] ConnectionList& list_of(Connection::State state);
  void move_to(Connection::State state, Slot slot);
  void expire(Instant now);
  void abandon(Instant now);
  [[nodiscard]] Duration time_to_wait(Instant now) const;

  const Plan& plan_;
  const Share& share_;
  Requests& requests_;
  const Timeline& timeline_;
  const Pacing pacing_;
  Transport& transport_;
  const FastClock& clock_;
  Ledger& ledger_;
  Publisher publisher_;
  ThreadCost thread_;  // that calls run()
  Judge judge_;
  const bool repeatable_;
  const bool may_be_early_;   // a short request is delivered before any answer can come
  Driver* driver_ = nullptr;  // while running
  std::size_t opened_ = 0;
  Instant answered_;  // when something was last, or when the first of what is under way was issued
  std::stop_token stop_;
  std::vector<Connection> connections_;
  std::vector<Slot> free_;
  ConnectionList under_way_;  // connecting or busy, in the order of their issue
  ConnectionList idle_;       // in the order of their last use
  ConnectionList lingering_;  // in the order of their last use
};

}  // namespace unrig::load
