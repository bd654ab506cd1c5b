/// \file
/// Looks at each stack before it is measured: whether its claims hold, and what it does for one
/// request. Both are seen on the real chain, with relays between all neighbours.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "audit/claims.h"
#include "audit/tap.h"
#include "base/clock.h"
#include "base/result.h"
#include "chain/chain.h"
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

  /// Starts the cell's application server, looks, and stops it: some three seconds. The scenario is
  /// the cell's but for the query's delay, which is `observed_delay`, and the sessions, of which
  /// there are enough for what is sent at once.
  /// Error: measurement, where this stack cannot be looked at; interrupted; any other kind ends the
  /// run. A claim that does not hold is no error.
  [[nodiscard]] Result<Inspection> inspect(const chain::Subject& cell, const std::stop_token& stop);

 private:
  Inspector(chain::Chain& chain, process::Guard& guard, const Clock& clock)
      : chain_(&chain), guard_(&guard), clock_(&clock) {}

  [[nodiscard]] Result<> connect_relays(const scenario::Scenario& scenario);
  [[nodiscard]] Result<Inspection> look(const chain::Subject& cell,
                                        const scenario::Scenario& scenario,
                                        const std::stop_token& stop);
  [[nodiscard]] Result<std::vector<std::string>> differences_of(const stack::Selection& stack,
                                                                const Answers& answers) const;
  [[nodiscard]] Answers ask_who_serves(const chain::Subject& cell) const;
  [[nodiscard]] Concurrent ask_at_once(const chain::Subject& cell, const Answers& answers,
                                       std::vector<chain::Reply>& replies);
  [[nodiscard]] record::Audit audit(const scenario::Scenario& scenario,
                                    std::vector<chain::Reply>& replies) const;
  void count_system_calls(const scenario::Scenario& scenario, record::Audit& audit) const;
  [[nodiscard]] std::vector<TapCounts> counts_at_rest(const scenario::Scenario& scenario) const;
  [[nodiscard]] pid_t server() const;
  [[nodiscard]] host::Endpoint front() const;

  chain::Chain* chain_;  ///< null when moved from
  process::Guard* guard_;
  const Clock* clock_;
  chain::Detour detour_;
  host::Endpoint client_;       ///< of the relay in front of the proxy
  host::Endpoint application_;  ///< of the relay in front of the application
  std::optional<Tap> to_proxy_, to_application_, to_pooler_, to_database_;
};

}  // namespace unrig::audit
