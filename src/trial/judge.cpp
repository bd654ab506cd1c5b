#include "trial/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "trial/steadiness.h"
#include "trial/work.h"

namespace unrig::trial {
namespace {

using tally::Failure;

std::uint64_t failed(const record::Trial& trial, Failure failure) {
  return trial.total.failed_by[static_cast<std::size_t>(failure)];
}

/// A wrong answer is never noise; a lost connection may be.
void judge_failures(record::Trial& trial) {
  const auto wrong = failed(trial, Failure::wrong_body) + failed(trial, Failure::wrong_status) +
                     failed(trial, Failure::malformed);
  const double limit = failed_limit * static_cast<double>(trial.total.issued);
  if (wrong > 0 || static_cast<double>(trial.total.failed()) > limit) {
    std::string reason = fmt::format("{} of {} requests failed ({})", trial.total.failed(),
                                     trial.total.issued, tally::causes(trial.total));
    if (!trial.events.sample_failure.empty()) {
      reason += fmt::format("; one answer began: {}", printable(trial.events.sample_failure));
    }
    trial.verdict.reject(reason);
  }
  if (trial.unasked_bytes > 0) {
    trial.verdict.reject(fmt::format("{} connections delivered bytes that nobody had asked for",
                                     trial.unasked_bytes));
  }
  if (trial.early_answers > 0) {
    trial.verdict.reject(fmt::format("{} answers came before their requests had arrived completely",
                                     trial.early_answers));
  }
  if (trial.total.dropped > 0) {
    trial.verdict.reject(
        fmt::format("{} requests were dropped: no connection became free", trial.total.dropped));
  }
}

/// Of a closed loop: in an open one its CPU says nothing, it may spin until a request is due.
bool generator_is_limit(const record::Trial& trial) {
  return !trial.conditions->open_loop && generator_use(trial) >= generator_cpu_limit;
}

void judge_generator(record::Trial& trial) {
  if (generator_is_limit(trial)) {  // whatever it delayed follows from that
    trial.verdict.reject(
        fmt::format("the load generator was the limit: it used {:.0f} % of its core",
                    generator_use(trial) * 100));
    return;
  }
  if (!trial.events.late_generator.empty()) trial.verdict.reject(trial.events.late_generator);
  if (trial.conditions->open_loop && trial.throughput_per_s < offered_limit * trial.offered_per_s) {
    trial.verdict.reject(fmt::format("{:.0f}/s of the offered {:.0f}/s were served",
                                     trial.throughput_per_s, trial.offered_per_s));
  }
}

std::string sums_of(const tally::Counts& counts) {
  return fmt::format("{} scheduled, {} issued, {} dropped, {} completed, {} failed, {} unfinished",
                     counts.scheduled, counts.issued, counts.dropped, counts.completed,
                     counts.failed(), counts.unfinished);
}

/// Whether unrig did its own part: a fault of its own, or somebody who held it up. Returns whether
/// it was held up.
bool judge_itself(record::Trial& trial) {
  for (const tally::Counts* counts : {&trial.total, &trial.window}) {
    if (counts->adds_up()) continue;
    trial.verdict.reject("internal: the counts do not add up: " + sums_of(*counts));
  }
  const double slept = trial.disturbance.suspended_seconds.value_or(0);
  if (slept > 0) {
    trial.verdict.reject(
        fmt::format("the machine slept for {:.2f} s while it was measured", slept));
  }
  // A server somewhere else has a clock of its own.
  const double set =
      trial.conditions->sees_server ? trial.signals.machine.clock_set_seconds.value_or(0) : 0;
  if (set > 0) {
    trial.verdict.reject(fmt::format(
        "the machine's clock was set by {:.3g} s while it was measured: the database sleeps by it",
        set));
  }
  const double shift = trial.signals.machine.watch_shift_seconds.value_or(0);
  const bool shifted = shift > shift_limit * trial.window_seconds;
  if (shifted) {
    trial.verdict.reject(fmt::format(
        "the machine was watched {:.2f} s beside the time in which it was loaded", shift));
  }
  return slept > 0 || set > 0 || shifted;
}

/// What came from outside; whether anything did.
bool judge_disturbance(record::Trial& trial) {
  const auto causes = causes_of(trial.disturbance);
  for (const record::Cause cause : causes)
    trial.verdict.reject(reason_of(cause, trial.disturbance));
  return !causes.empty();
}

}  // namespace

double generator_use(const record::Trial& trial) {
  const record::ProcessSignals* load = trial.signals.of(record::Component::load);
  if (load == nullptr || trial.window_seconds <= 0) return 0;
  const int threads = trial.signals.generator.threads.value_or(1);
  return load->cpu_seconds.value_or(0) / trial.window_seconds / threads;
}

void judge(record::Trial& trial) {
  assert(trial.conditions);
  for (const record::Mishap& mishap : trial.events.mishaps) trial.verdict.reject(mishap.reason);
  const bool was_held_up = judge_itself(trial);
  const bool own_doing = std::ranges::any_of(
      trial.events.mishaps, [](const record::Mishap& mishap) { return !mishap.from_outside; });
  if (trial.window.completed == 0) trial.verdict.reject("no request was answered as expected");
  judge_failures(trial);
  judge_work(trial);
  judge_generator(trial);
  if (trial.disturbance.listen_overflows.value_or(0) > 0) {
    trial.verdict.reject(fmt::format("{} connections found a full listen queue",
                                     *trial.disturbance.listen_overflows));
  }
  const bool was_valid = trial.verdict.valid;
  const bool disturbed = judge_disturbance(trial);
  trial.verdict.disturbed = was_valid && disturbed;
  // Who looks away because others had the cores was disturbed; else it was stopped.
  const bool was_away = !trial.events.away_generator.empty() && !generator_is_limit(trial);
  if (was_away) trial.verdict.reject(trial.events.away_generator);
  // What befell the chain or unrig explains whatever failed.
  const bool befallen =
      was_held_up || !trial.events.mishaps.empty() || (was_away && !trial.verdict.disturbed);
  trial.verdict.mishap = befallen && !own_doing;
  trial.steady_state = steady_state(trial, trial.conditions->open_loop);
  if (trial.steady_state.steady) return;
  // What disturbed a trial may have moved its level, too: then that is the reason.
  trial.verdict.unsteady = trial.verdict.valid;
  trial.verdict.reject(reason_of(trial.steady_state, trial.conditions->open_loop));
}

}  // namespace unrig::trial
