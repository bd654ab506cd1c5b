/// \file
/// What a stack says of itself, held against what it was seen to be: one function per claim. Pure:
/// observations in, claims out. docs/audit.md says for each what is observed, what proves it, and
/// where its limits come from.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/workers.h"
#include "chain/ask.h"
#include "chain/row.h"
#include "record/record.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::audit {

/// What is expected where a stack claims nothing: then there is nothing to prove.
inline constexpr std::string_view none_claimed = "none claimed";
/// Sets of each whether it is claimed.
void mark_claimed(std::vector<record::Claim>& claims);

/// \name Who serves, and with which code: seen from outside, nobody is asked
/// @{

/// What is installed is what the lock has, and it is what each worker runs. `differences`: of the
/// installed packages and the lock, in words (see runtime::Runtime::differences).
[[nodiscard]] record::Claim versions_claim(const Result<runtime::Installed>& installed,
                                           const Result<std::vector<std::string>>& differences,
                                           const Workers& workers);

struct Concurrent;
/// As many processes take connections as there are workers, or, where one process serves in
/// threads, as many of its statements are under way at one time. Where workers are no processes,
/// one takes connections. All of them descend from the server.
[[nodiscard]] record::Claim workers_claim(int wanted, scenario::Concurrency concurrency,
                                          scenario::Worker worker, const Workers& workers,
                                          const Concurrent& seen);

/// Each worker has the loop's compiled part loaded, and waits in it for what requests have opened.
/// `folder`: below which packages lie.
[[nodiscard]] record::Claim event_loop_claim(const stack::StackSpec& spec, const Workers& workers,
                                             std::string_view folder);
[[nodiscard]] record::Claim c_extensions_claim(const stack::StackSpec& spec, const Workers& workers,
                                               std::string_view folder);

/// Who has opened connections to the database, by process. None: nobody was seen to.
using Speakers = std::set<pid_t>;
/// Each worker has the driver's compiled part loaded, and no other driver's; nobody but workers
/// speaks to the database.
[[nodiscard]] record::Claim driver_claim(const stack::StackSpec& spec, const Workers& workers,
                                         const Speakers& speakers, std::string_view folder);
/// @}

/// \name What the application says of itself
/// @{

/// The answer of GET /about (docs/application.md), which an application may have.
struct About {
  pid_t pid = 0;
  runtime::Packages versions = {};  ///< by name as the package has it
};
/// Empty when it is no such answer.
[[nodiscard]] std::optional<About> parse_about(std::string_view body);

/// Some answers, and why there are none if there are none.
struct Answers {
  std::vector<About> all = {};
  std::string missing = {};  ///< "GET /about gives status 404"
};
/// It says what is seen. Nothing is claimed where it says nothing. `differences`: of the versions
/// in its answers and the lock, in words.
[[nodiscard]] record::Claim about_claim(const Answers& answers, const Workers& workers,
                                        const std::vector<std::string>& differences);
/// @}

/// \name How many requests are served at once
/// requests_per_process times the serving processes are sent at once. Each waits `observed_delay`
/// in the database and nowhere else. When all wait together, the last answer comes about one delay
/// later. When each process serves one at a time, some process serves at least requests_per_process
/// of them, whoever gets how many: at least so many delays; and the relay before the database never
/// sees more statements of a process under way than one, however slow or busy the machine is.
/// @{
inline constexpr int requests_per_process = 10;
inline constexpr Duration observed_delay = std::chrono::milliseconds(20);
inline constexpr double most_delays_together = 5;  ///< 1 and what the requests cost
inline constexpr double least_delays_in_line = 9;  ///< 10, less what early starts overlap
/// Of each process; more than 1 shows that it does not block.
inline constexpr int least_statements_together = 2;
/// Of the time of processes that serve one at a time, the part in which each has a statement under
/// way. Who has less was slow for want of something else.
inline constexpr double least_occupied = 0.3;
/// So often at most is looked anew where the machine was busy with something else.
inline constexpr int most_tries = 6;
struct Concurrent {
  int requests = 0;
  int processes = 1;  ///< that were asked
  /// Threads of each that could serve by themselves; where they are not counted, 1.
  int threads_each = 1;
  int failed = 0;
  int statements = 0;  ///< under way at one time; 0: not seen
  double delays =
      0;  ///< time to the last answer as a multiple of the delay: the best of some tries
  std::string failure;
  std::string not_made = {};  ///< why nothing was asked at once; empty where it was
  /// Why it may have taken long without the stack's doing; empty where nothing is known of that.
  /// Then neither that it took long nor that statements did not meet says anything of the stack.
  std::string strain = {};
  /// Statements of each worker under way at one time; where it had too few among the others, it was
  /// asked alone. 0: none was seen of it. Empty: nobody knows whose they are.
  std::vector<int> each = {};
  /// Connections that a process may keep, so that no more statements of it can be under way. 0: as
  /// many as it likes.
  int pool = 0;
  /// More than before, while nobody was answered, of each statement under way.
  std::optional<double> threads_per_request = {};
};
[[nodiscard]] record::Claim concurrency_claim(scenario::Concurrency concurrency,
                                              const Concurrent& seen);
/// Empty for sync and threads, whose driver may block.
[[nodiscard]] std::optional<record::Claim> yields_claim(scenario::Concurrency concurrency,
                                                        const Concurrent& seen);
/// Whether `a` says more than `b`: of tries that failed least those that hold, then those that
/// nothing strained, then the quickest.
[[nodiscard]] bool says_more(scenario::Concurrency concurrency, const Concurrent& a,
                             const Concurrent& b);
/// Whether another look could say more after so many of which this is the best.
[[nodiscard]] bool is_to_be_tried_again(scenario::Concurrency concurrency, const Concurrent& best,
                                        int tries);
/// @}

/// \name The answer, byte by byte: the same for all rows
/// @{
inline constexpr std::string_view content_type = "application/json";
/// `rule`: of the rows that are answered.
[[nodiscard]] record::Claim body_claim(std::span<const chain::Reply> replies,
                                       const chain::RowRule& rule);
[[nodiscard]] record::Claim content_type_claim(std::span<const chain::Reply> replies);
/// @}

/// What the application has changed of its role in the database, which every role may and which
/// lasts: nothing. `changed`: in words, empty where there is nothing.
[[nodiscard]] record::Claim role_claim(const Result<std::string>& changed);

/// That the application gets at nobody else of its account (process::Fence). It is unrig that sees
/// to it and no stack that claims it: where this kernel cannot, no row is the worse for it.
/// `version`: process::fence_version().
[[nodiscard]] record::Claim fence_claim(int version);

/// Statements that the stack's driver sends for one request: as the stack says, or as
/// docs/application.md has them; empty for a driver of which neither knows.
[[nodiscard]] std::optional<int> expected_statements(const stack::StackSpec& spec,
                                                     const scenario::Scenario& scenario);
/// What the application asks of the pooler or the database, counted on the wire.
[[nodiscard]] record::Claim statements_claim(const stack::StackSpec& spec,
                                             const scenario::Scenario& scenario,
                                             const record::Audit& audit);

}  // namespace unrig::audit
