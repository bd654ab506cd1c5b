/// \file
/// Looks at each stack before it is measured: whether its claims hold, and what it does for one
/// request. Both are seen on the real chain, with relays between all neighbours.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "audit/claims.h"
#include "audit/silence.h"
#include "audit/tap.h"
#include "audit/work_claims.h"
#include "audit/worker_watch.h"
#include "base/clock.h"
#include "base/result.h"
#include "chain/chain.h"
#include "chain/questions.h"
#include "chain/subject.h"
#include "process/process.h"
#include "record/record.h"

namespace unrig::audit {

struct Inspection {
  std::vector<record::Claim> claims;
  record::Audit audit;
};

/// Used before the trials of a run, from the thread that starts the chain's parts:
///
///     auto inspector = Inspector::open(chain, guard, clock);
///     for each subject: inspector->inspect(subject, stop);
///     the inspector ends; the next configure() of the chain is without relays
///
/// What it is given must outlive it.
class Inspector {
 public:
  /// Error: environment: no ports or descriptors.
  [[nodiscard]] static Result<Inspector> open(chain::Chain& chain, process::Guard& guard,
                                              const Clock& clock);
  Inspector(Inspector&&) noexcept;
  Inspector& operator=(Inspector&&) = delete;
  ~Inspector();  ///< the chain's parts meet directly again

  /// Starts the cell's application server, looks, and stops it: some four seconds. The scenario is
  /// the cell's but for the query's delay, which is `observed_delay`, and for the sessions and the
  /// listen queues, of which there is enough for what is sent at once.
  /// Error: measurement, where this stack cannot be looked at; interrupted; any other kind ends the
  /// run. A claim that does not hold is no error.
  [[nodiscard]] Result<Inspection> inspect(const chain::Subject& cell, const std::stop_token& stop);

 private:
  Inspector(chain::Chain& chain, process::Guard& guard, const Clock& clock)
      : chain_(&chain), guard_(&guard), clock_(&clock) {}

  void connect_relays(const scenario::Scenario& scenario);
  [[nodiscard]] Result<Inspection> look(const chain::Subject& cell,
                                        const scenario::Scenario& scenario, Duration started_in,
                                        const std::stop_token& stop);
  [[nodiscard]] Result<std::vector<record::Claim>> claims_of(const chain::Subject& cell,
                                                             const Workers& workers,
                                                             const Concurrent& at_once,
                                                             const Answers& answers) const;
  [[nodiscard]] std::vector<std::string> differences_of(const stack::Selection& stack,
                                                        const Answers& answers) const;
  void look_at_processes(const Workers& workers, record::Audit& audit) const;
  [[nodiscard]] Result<> check_first_answer();
  [[nodiscard]] int wanted_status() const { return stack::right_status(own_); }
  static void find_workers(const chain::Subject& cell, WorkerWatch& watch, Duration patience,
                           const std::stop_token& stop);
  [[nodiscard]] Answers ask_about(const chain::Subject& cell);
  [[nodiscard]] Concurrent ask_at_once(const chain::Subject& cell,
                                       const scenario::Scenario& scenario, WorkerWatch& watch,
                                       std::vector<chain::Reply>& replies,
                                       const std::stop_token& stop);
  [[nodiscard]] Concurrent ask_once_at_once(int processes, int threads_each, WorkerWatch& watch,
                                            std::vector<chain::Reply>& replies);
  void ask_in_silence(const chain::Subject& cell, WorkerWatch& watch, Concurrent& seen,
                      std::vector<chain::Reply>& replies, const std::stop_token& stop);
  void ask_each_alone(WorkerWatch& watch, Talks& talks, std::vector<chain::Reply>& replies,
                      const std::stop_token& stop);
  [[nodiscard]] Talks talks_now(const Workers& workers);
  [[nodiscard]] std::vector<chain::Reply> ask_application(int requests);
  [[nodiscard]] std::vector<chain::Reply> ask_watched(int requests, WorkerWatch& watch);
  [[nodiscard]] Tap& behind_application();
  [[nodiscard]] Tap& before_application();
  /// Where it listens itself.
  [[nodiscard]] host::Endpoint application() const { return chain_->addresses().application; }
  void add_work_claims(const chain::Subject& cell, const scenario::Scenario& scenario,
                       std::span<const chain::Reply> replies, const Delays& delays,
                       Inspection& seen) const;
  [[nodiscard]] record::Audit audit(const scenario::Scenario& scenario,
                                    std::vector<chain::Reply>& replies);
  [[nodiscard]] std::optional<double> head_to_body_us(const scenario::Scenario& scenario) const;
  void count_system_calls(const scenario::Scenario& scenario, record::Audit& audit);
  [[nodiscard]] std::vector<TapCounts> counts_at_rest(const scenario::Scenario& scenario);
  [[nodiscard]] pid_t server() const { return chain_->server(); }
  [[nodiscard]] host::Endpoint front() const;

  chain::Chain* chain_;  ///< null when moved from
  process::Guard* guard_;
  const Clock* clock_;
  chain::Detour detour_;
  host::Endpoint client_;  ///< of the relay in front of the proxy
  /// Of those in front of the application, one of which it takes.
  host::Endpoint app_port_, app_socket_;
  host::Endpoint pooler_;  ///< of the relay in front of the pooler
  std::optional<Tap> to_proxy_, to_app_port_, to_app_socket_, to_pooler_, to_database_;
  // Of the stack that is looked at.
  std::optional<stack::OwnRequest> own_;  ///< not set: it answers rows
  std::optional<chain::Questions> questions_;
  Talks talks_;                     ///< the most of each process, whenever the database was silent
  std::set<std::string> programs_;  ///< that these ran
};

}  // namespace unrig::audit
