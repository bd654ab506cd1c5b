/// \file
/// What a stack says of itself, held against what it was seen to be: one function per claim. Pure:
/// observations in, claims out. docs/audit.md says for each what is observed and where its limits
/// come from.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/ask.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::audit {

/// What a serving process says of itself: the answer of GET /about (docs/application.md).
struct About {
  pid_t pid = 0;
  pid_t thread = 0;
  std::optional<std::string> event_loop;
  std::vector<std::string> c_extensions;
  std::vector<std::string> drivers;
  std::map<std::string, std::string> versions;  ///< by name as the package has it
};
/// Empty when it is no such answer.
[[nodiscard]] std::optional<About> parse_about(std::string_view body);

/// Answers of the serving processes, and why there are none if there are none.
struct Answers {
  std::vector<About> processes;  ///< one per thread that answered, of the server's own processes
  int strangers = 0;             ///< answers of processes that the server did not start
  std::string missing;           ///< "GET /about is answered with status 404"
  [[nodiscard]] int process_count() const;
};

/// What is installed is what the lock has. `differences`: of the first process whose packages are
/// not, in words (see runtime::Runtime::differences); empty: of none.
[[nodiscard]] record::Claim versions_claim(const std::vector<std::string>& differences,
                                           const Answers& answers);

/// As many processes answer as there are workers, or, where one process serves in threads, as many
/// threads.
[[nodiscard]] record::Claim workers_claim(int workers, scenario::Concurrency concurrency,
                                          const Answers& answers);

[[nodiscard]] record::Claim event_loop_claim(const stack::StackSpec& spec, const Answers& answers);
[[nodiscard]] record::Claim c_extensions_claim(const stack::StackSpec& spec,
                                               const Answers& answers);
[[nodiscard]] record::Claim driver_claim(const stack::StackSpec& spec, const Answers& answers);

/// \name How many requests are served at once
/// requests_per_process times the serving processes are sent at once. Each waits `observed_delay`
/// in the database and nowhere else. When all wait together, the last answer comes about one delay
/// later. When each process serves one at a time, some process serves at least requests_per_process
/// of them, whoever gets how many: at least so many delays; and the relay before the database never
/// sees more statements under way than there are processes, however slow or busy the machine is.
/// @{
inline constexpr int requests_per_process = 10;
inline constexpr Duration observed_delay = std::chrono::milliseconds(20);
inline constexpr double most_delays_together = 5;  ///< 1 and what the requests cost
inline constexpr double least_delays_in_line = 9;  ///< 10, less what early starts overlap
/// Of each process; more than 1 shows that it does not block.
inline constexpr double least_statements_together = 2;
struct Concurrent {
  int requests = 0;
  int processes = 1;  ///< that were asked
  int failed = 0;
  int statements = 0;  ///< under way at one time; 0: not seen
  double delays =
      0;  ///< time to the last answer as a multiple of the delay: the best of some tries
  std::string failure;
  std::string not_made = {};  ///< why nothing was asked at once; empty where it was
};
[[nodiscard]] record::Claim concurrency_claim(scenario::Concurrency concurrency,
                                              const Concurrent& seen);
/// Only for coroutines and greenlets; empty for others, whose driver may block.
[[nodiscard]] std::optional<record::Claim> yields_claim(scenario::Concurrency concurrency,
                                                        const Concurrent& seen);
/// @}

/// \name The answer, byte by byte: the same for all rows
/// @{
inline constexpr std::string_view content_type = "application/json";
[[nodiscard]] record::Claim body_claim(std::span<const chain::Reply> replies);
[[nodiscard]] record::Claim content_type_claim(std::span<const chain::Reply> replies);
/// @}

/// Statements that the driver sends for one request, as docs/application.md has them; empty for a
/// driver that it does not know.
[[nodiscard]] std::optional<int> expected_statements(std::string_view driver,
                                                     const scenario::Scenario& scenario);
/// What the application asks of the pooler or the database, counted on the wire.
[[nodiscard]] record::Claim statements_claim(const stack::StackSpec& spec,
                                             const scenario::Scenario& scenario,
                                             const record::Audit& audit);

}  // namespace unrig::audit
