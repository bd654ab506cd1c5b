#include "load/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "host/facts.h"
#include "load/cause.h"
#include "load/limits.h"
#include "stats/support.h"

namespace unrig::load {
namespace {

constexpr std::string_view quota_advice =
    "raise the quota of its control group (cpu.max, or cpu.cfs_quota_us), or use less load";

bool was_held_back(const Outcome& outcome) {
  const auto& quota = outcome.generator.throttling;
  return quota && seconds(quota->held) > most_held * seconds(outcome.window_length);
}

/// Somebody else had the core. `or_else`: what helps where that was a program of this machine.
std::string advice_on_lost_core(const Outcome& outcome, std::string_view or_else) {
  if (was_held_back(outcome)) return std::string(quota_advice);
  const double steal = outcome.generator.steal.value_or(0);
  if (steal < notable_steal) return std::string(or_else);
  return fmt::format(
      "the hypervisor took {:.1f} % of this machine's CPU time: wait until it takes less, or "
      "measure on another machine",
      steal * 100);
}

constexpr std::string_view shares_advice =
    "give the generator a core that neither the server nor others use (taskset), or wait until the "
    "machine is quiet";

std::string its_cores(const Generator& generator) {
  return generator.threads == 1 ? "core" : fmt::format("{} threads", generator.threads);
}

/// How much of what its cores gave in the window the generator used, and used or waited for.
struct Use {
  double used = 0;
  double wanted = 0;
};

Use use_of(const Outcome& outcome) {
  const Generator& generator = outcome.generator;
  const double cores = generator.cores.value_or(generator.threads);
  const double available = std::max(seconds(outcome.window_length) * cores, 1e-9);
  const double used = seconds(generator.cpu) / available;
  return {used, used + seconds(generator.queue_wait.value_or(Duration{0})) / available};
}

/// That the measuring threads may run on.
int usable_cores(const Plan& plan) {
  return static_cast<int>(plan.cpus.empty() ? host::usable_cores().size() : plan.cpus.size());
}

/// Of a closed loop. False: it was the limit, and whatever it delayed follows from that.
bool judge_cpu(const Plan& plan, const Outcome& outcome, LoadVerdict& verdict) {
  const Use use = use_of(outcome);
  if (use.used >= own_limit) {
    verdict.reasons.push_back(fmt::format(
        "the load generator was the limit: {:.0f} % of its {} used", use.used * 100,
        outcome.generator.threads == 1 ? "core was"
                                       : fmt::format("{} cores were", outcome.generator.threads)));
    verdict.advice.emplace_back(
        advice_when_saturated(outcome.generator.threads, usable_cores(plan)));
    return false;
  }
  if (use.wanted >= own_limit) {
    verdict.reasons.push_back(
        fmt::format("the load generator shared its {}: it ran for {:.0f} % of the time, and waited "
                    "for {:.0f} %",
                    its_cores(outcome.generator), use.used * 100, (use.wanted - use.used) * 100));
    verdict.advice.push_back(advice_on_lost_core(outcome, shares_advice));
  }
  return true;
}

/// The quota is named besides what it causes: a late or an idle generator.
void judge_quota(const Outcome& outcome, LoadVerdict& verdict) {
  if (!was_held_back(outcome)) return;
  const host::Throttling& quota = *outcome.generator.throttling;
  verdict.reasons.push_back(
      fmt::format("a CPU quota held the load generator back: used up in {} periods, {} without a "
                  "core",
                  quota.periods, human(quota.held)));
  verdict.advice.emplace_back(quota_advice);
}

/// Delays above this are long beside what was measured.
Duration long_delay(const Outcome& outcome) {
  const Duration response = outcome.response.quantile(0.99);
  return std::max(late_always_allowed, from_seconds(seconds(response) * late_share));
}

/// "5 of 10 requests by more than 1.0 ms"; empty where that may be chance. Of n requests the
/// hundredth part may be late, give or take twice its root.
std::string too_many_late(const stats::Histogram& delays, const Outcome& outcome) {
  const Duration limit = long_delay(outcome);
  const std::uint64_t late = delays.count_above(limit);
  const double allowed = most_late * static_cast<double>(delays.count());
  const bool much = static_cast<double>(late) > allowed + 2 * std::sqrt(allowed);
  if (!much || late < least_late) return {};
  std::string text = fmt::format("{} of {} requests by more than {:.1f} ms", late, delays.count(),
                                 microseconds(limit) / 1e3);
  if (stats::supports(0.99, delays.count())) {
    text += fmt::format(", P99 {:.1f} ms of {:.1f} ms response time",
                        microseconds(delays.quantile(0.99)) / 1e3,
                        microseconds(outcome.response.quantile(0.99)) / 1e3);
  }
  return text;
}

/// It looked away from its sockets for longer than is little beside a response time, and in sum for
/// a share of the window.
std::string stalled_generator(const Outcome& outcome) {
  const Duration limit = long_delay(outcome);
  const double threads_s = seconds(outcome.window_length) * outcome.generator.threads;
  const double stalled_s = seconds(outcome.stalls.sum_above(limit));
  if (stalled_s <= most_stalled * threads_s) return {};
  return fmt::format(
      "the load generator did not look at its sockets for {:.0f} ms of {:.0f} ms, "
      "{:.1f} ms of them at once",
      stalled_s * 1e3, threads_s * 1e3, microseconds(outcome.stalls.max()) / 1e3);
}

void judge_lateness(const Plan& plan, const Outcome& outcome, LoadVerdict& verdict) {
  const bool used_up = use_of(outcome).used >= own_limit;
  const std::string_view advice =
      advice_when_late(used_up, outcome.generator.threads, usable_cores(plan));
  const auto add = [&](std::string reason, std::string_view on_lost_core) {
    if (reason.empty()) return;
    verdict.reasons.push_back(std::move(reason));
    verdict.advice.push_back(used_up ? std::string(advice)
                                     : advice_on_lost_core(outcome, on_lost_core));
  };
  add(late_generator(plan, outcome), advice);
  add(away_generator(outcome), shares_advice);
}

/// Percentiles of those that were sent would be of a selection, and of another load.
void judge_offer(const Outcome& outcome, LoadVerdict& verdict) {
  const Counts& counts = outcome.window;
  const double allowed = most_dropped * static_cast<double>(counts.scheduled);
  if (static_cast<double>(counts.dropped) <= allowed) return;
  verdict.reasons.push_back(
      fmt::format("{} of {} requests were never sent: no connection became free for them",
                  counts.dropped, counts.scheduled));
  verdict.advice.emplace_back("offer less with --rate, or allow more connections with -c");
}

/// Empty without a failure.
std::optional<Failure> most_frequent(const Counts& counts) {
  const auto most = std::ranges::max_element(counts.failed_by);
  if (*most == 0) return {};
  return static_cast<Failure>(most - counts.failed_by.begin());
}

/// Nothing was completed: why, and what helps.
void judge_causes(const Plan& plan, const Outcome& outcome, LoadVerdict& verdict) {
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
  const std::string late = too_many_late(closed ? outcome.issue_delay : outcome.lateness, outcome);
  return late.empty() ? "" : "the load generator was late: " + late;
}

std::string away_generator(const Outcome& outcome) {
  if (std::string stalled = stalled_generator(outcome); !stalled.empty()) return stalled;
  const std::string late = too_many_late(outcome.read_delay, outcome);
  return late.empty() ? "" : "the load generator read answers late: " + late;
}

LoadVerdict judge(const Plan& plan, const Outcome& outcome) {
  LoadVerdict verdict;
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
  judge_offer(outcome, verdict);
  judge_quota(outcome, verdict);
  const bool closed = std::holds_alternative<ClosedLoop>(plan.loop);
  if (!closed || judge_cpu(plan, outcome, verdict)) judge_lateness(plan, outcome, verdict);
  // Two reasons may have one remedy.
  auto& advice = verdict.advice;
  for (auto it = advice.begin(); it != advice.end();) {
    it = std::find(advice.begin(), it, *it) == it ? it + 1 : advice.erase(it);
  }
  return verdict;
}

}  // namespace unrig::load
