#include "load/verdict.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>

#include "base/text.h"
#include "load/cause.h"

namespace unrig::load {
namespace {

// Above this share of its cores, a closed loop is as fast as the generator, not as the server.
constexpr double saturated = 0.95;
// The generator's lateness may be this share of the response time at P99, or this long.
constexpr double late_share = 0.1;
constexpr Duration late_always_allowed = std::chrono::milliseconds(1);

/// That the measuring threads may run on.
int usable_cores(const Plan& plan) {
  if (!plan.cpus.empty()) return static_cast<int>(plan.cpus.size());
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

/// Of the cores that its threads could have had.
double used_share(const Outcome& outcome) {
  const double available = seconds(outcome.window_length) * outcome.generator.threads;
  return seconds(outcome.generator.cpu) / std::max(available, 1e-9);
}

void judge_cpu(const Plan& plan, const Outcome& outcome, Verdict& verdict) {
  const double used = used_share(outcome);
  if (used < saturated) return;
  verdict.reasons.push_back(fmt::format(
      "the load generator was the limit: {:.0f} % of its {} used", used * 100,
      outcome.generator.threads == 1 ? "core was"
                                     : fmt::format("{} cores were", outcome.generator.threads)));
  verdict.advice.emplace_back(advice_when_saturated(outcome.generator.threads, usable_cores(plan)));
}

void judge_lateness(const Plan& plan, const Outcome& outcome, Verdict& verdict) {
  std::string late = late_generator(plan, outcome);
  if (late.empty()) return;
  verdict.reasons.push_back(std::move(late));
  const bool used_up = used_share(outcome) >= saturated;
  verdict.advice.emplace_back(
      advice_when_late(used_up, outcome.generator.threads, usable_cores(plan)));
}

/// Empty without a failure.
std::optional<Failure> most_frequent(const Counts& counts) {
  const auto most = std::ranges::max_element(counts.failed_by);
  if (*most == 0) return {};
  return static_cast<Failure>(most - counts.failed_by.begin());
}

/// Nothing was completed: why, and what helps.
void judge_causes(const Plan& plan, const Outcome& outcome, Verdict& verdict) {
  const std::optional<Failure> failure = most_frequent(outcome.total);
  if (!failure) {
    verdict.reasons.emplace_back("no request was completed");
    if (outcome.total.scheduled == 0) {
      verdict.advice.emplace_back("none was due: measure for longer, or at a higher rate");
    } else if (outcome.total.unfinished > 0) {
      verdict.advice.emplace_back("none had its answer when it was stopped: measure for longer");
    }
    return;
  }
  const Cause cause = cause_of(plan, *failure, outcome.sample_failure());
  verdict.reasons.push_back(fmt::format("no request was completed: {}{}{}", causes(outcome.total),
                                        cause.text.empty() ? "" : "; ", cause.text));
  if (!cause.advice.empty()) verdict.advice.emplace_back(cause.advice);
  if (*failure == Failure::malformed && plan.request.method == "HEAD") {
    verdict.advice.emplace_back("or are these the bodies of answers to HEAD, which has none?");
  }
}

}  // namespace

std::string late_generator(const Plan& plan, const Outcome& outcome) {
  // In a closed loop every client has its connection, so that nothing but the generator can delay
  // an issue.
  const bool closed = std::holds_alternative<ClosedLoop>(plan.loop);
  const Duration late = (closed ? outcome.issue_delay : outcome.lateness).quantile(0.99);
  const Duration response = outcome.response.quantile(0.99);
  const bool much = microseconds(late) > late_share * microseconds(response);
  if (late <= late_always_allowed || !much) return {};
  return fmt::format("the load generator was late: P99 {:.1f} ms of {:.1f} ms response time",
                     microseconds(late) / 1e3, microseconds(response) / 1e3);
}

std::string causes(const Counts& counts) {
  std::vector<std::pair<std::uint64_t, std::string_view>> seen;
  for (std::size_t i = 0; i < failure_count; ++i) {
    if (counts.failed_by[i] > 0) {
      seen.emplace_back(counts.failed_by[i], to_text(static_cast<Failure>(i)));
    }
  }
  std::ranges::stable_sort(seen, std::greater<>{}, &decltype(seen)::value_type::first);
  std::vector<std::string> texts;
  for (const auto& [count, name] : seen) texts.push_back(fmt::format("{} {}", count, name));
  return join(texts, ", ");
}

Verdict judge(const Plan& plan, const Outcome& outcome) {
  Verdict verdict;
  if (outcome.total.completed == 0) {
    judge_causes(plan, outcome, verdict);
    return verdict;  // without an answer there is nothing that the generator could have delayed
  }
  if (outcome.completed_in_window == 0) {
    verdict.reasons.emplace_back("no request was completed within the measurement window");
    verdict.advice.emplace_back("measure for longer");
  }
  if (outcome.unasked_bytes > 0) {
    verdict.reasons.push_back(
        fmt::format("{} connections delivered bytes that nobody asked for", outcome.unasked_bytes));
    verdict.advice.emplace_back("the server breaks HTTP: its answers and lengths do not agree");
  }
  if (outcome.early_completed > 0) {
    verdict.reasons.push_back(fmt::format(
        "{} answers came before their requests had arrived completely", outcome.early_completed));
    verdict.advice.emplace_back(
        "the server answers without reading what it is sent: that is not the time of a request");
  }
  if (std::holds_alternative<ClosedLoop>(plan.loop)) judge_cpu(plan, outcome, verdict);
  judge_lateness(plan, outcome, verdict);
  return verdict;
}

}  // namespace unrig::load
