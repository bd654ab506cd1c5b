/// \file
/// Tests the contract of docs/application.md against a running stack, whatever its language:
/// started once in each way of `db.connection`, asked in every way that clients have, and watched
/// from outside. Nothing of it comes from what the stack says of itself.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "audit/process_points.h"
#include "audit/sql_points.h"
#include "audit/tap.h"
#include "base/clock.h"
#include "base/result.h"
#include "chain/ask.h"
#include "chain/chain.h"
#include "chain/subject.h"
#include "process/process.h"
#include "record/check.h"

namespace unrig::audit {

/// Used from the thread that starts the chain's parts, instead of an Inspector:
///
///     auto checker = Checker::open(chain, guard, clock);
///     for each subject: checker->check(subject, stop);
///     the checker ends; the next configure() of the chain is without its relay
///
/// What it is given must outlive it.
class Checker {
 public:
  /// Error: environment: no descriptors.
  [[nodiscard]] static Result<Checker> open(chain::Chain& chain, process::Guard& guard,
                                            const Clock& clock);
  Checker(Checker&&) noexcept;
  Checker& operator=(Checker&&) = delete;
  ~Checker();  ///< the chain's parts meet directly again

  /// Some fifteen seconds. The scenario is the cell's but for what the points need: no proxy, a
  /// pooler in session mode, the query's delay (`observed_delay`), the sessions, all three ways of
  /// `db.connection`, and a listen backlog of another number the second time. A stack that does not
  /// start, or that this machine cannot look at, has that as its `failure`, beside the points that
  /// were seen. Error: interrupted; any other kind ends the command.
  [[nodiscard]] Result<record::CheckedStack> check(const chain::Subject& cell,
                                                   const std::stop_token& stop);

 private:
  Checker(chain::Chain& chain, process::Guard& guard, const Clock& clock)
      : chain_(&chain), guard_(&guard), clock_(&clock) {}

  /// `look` while the cell's server runs in the scenario. Error: measurement: it does not start, or
  /// what was seen is not the stack's doing; then no point that `look` has added to `stack` fails.
  [[nodiscard]] Result<> with_server(const chain::Subject& cell, const scenario::Scenario& scenario,
                                     const std::function<void(const TapCounts& start)>& look,
                                     record::CheckedStack& stack);
  void look_per_request(const chain::Subject& cell, const scenario::Scenario& scenario,
                        const TapCounts& start, const std::stop_token& stop,
                        record::CheckedStack& stack) const;
  void look_pooled(const chain::Subject& cell, const scenario::Scenario& scenario,
                   const TapCounts& start, record::CheckedStack& stack) const;
  void look_without_database(record::CheckedStack& stack) const;
  /// Of an application of somebody's own.
  void look_at_own(const chain::Subject& cell, const scenario::Scenario& scenario,
                   const std::stop_token& stop, record::CheckedStack& stack) const;

  [[nodiscard]] std::vector<chain::Reply> ask_for_rows(const scenario::Scenario& scenario) const;
  [[nodiscard]] SqlWindow ask_in_turn(int requests, bool keeps_connections) const;
  void choose_question(const stack::StackSpec& spec, scenario::Scenario scenario);
  [[nodiscard]] bool is_answered(const chain::Reply& reply) const;
  [[nodiscard]] std::vector<chain::Reply> ask_together(int requests, Duration spacing) const;
  [[nodiscard]] std::vector<chain::Reply> watch_many(int requests, record::CheckedStack& stack,
                                                     LogSeen& log) const;
  void trace_writes(LogSeen& log) const;
  void add_backlog(std::string name, const scenario::Scenario& scenario,
                   record::CheckedStack& stack) const;
  /// When nothing has passed for some time and, unless they are kept, all connections are closed.
  [[nodiscard]] TapCounts at_rest(bool keeps_connections) const;
  [[nodiscard]] host::Endpoint application() const { return chain_->addresses().application; }
  [[nodiscard]] pid_t server() const { return chain_->server(); }

  chain::Chain* chain_;  ///< null when moved from
  process::Guard* guard_;
  const Clock* clock_;
  chain::Detour detour_;
  std::optional<Tap> to_pooler_;
  // Of the stack that is looked at.
  chain::Question question_;  ///< what is measured of it, of no row by name
  int wanted_status_ = 200;
};

}  // namespace unrig::audit
