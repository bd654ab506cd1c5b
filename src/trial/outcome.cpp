#include "trial/outcome.h"

#include "stats/hlog.h"

namespace unrig::trial {

record::Trial new_trial(const record::Cell& cell, const plan::Place& place, const Clock& clock) {
  return {.label = cell.label,
          .stack = cell.stack,
          .vintage = cell.vintage,
          .block = place.block,
          .position = place.position,
          .seed = place.seed,
          .started_at = iso8601(clock.wall()),
          .workers = cell.workers};
}

void fill(record::Trial& trial, const load::Outcome& outcome, const load::Plan& plan) {
  trial.warmup_seconds = seconds(plan.warmup);
  trial.total = outcome.total;
  trial.window = outcome.window;
  trial.window_seconds = seconds(outcome.window_length);
  trial.throughput_per_s = outcome.throughput();
  // What the schedule held: of Poisson arrivals and of a ramp that is not the rate asked for.
  if (std::holds_alternative<load::OpenLoop>(plan.loop)) trial.offered_per_s = outcome.offered();
  trial.unasked_bytes = outcome.unasked_bytes;
  trial.early_answers = outcome.early_answers;
  trial.resent = outcome.resent;
  trial.statuses = load::statuses(plan, outcome);
  trial.reconnects = outcome.reconnects;
  trial.bytes_in = outcome.bytes_in;
  trial.response_us = record::quantiles(outcome.response);
  trial.service_us = record::quantiles(outcome.service);
  trial.issue_delay_us = record::quantiles(outcome.issue_delay);
  trial.histograms = {.response = stats::pack_histogram(outcome.response),
                      .service = stats::pack_histogram(outcome.service),
                      .issue_delay = stats::pack_histogram(outcome.issue_delay)};
  trial.seconds = load::by_second(outcome.steps);
  trial.steps = outcome.steps;
  if (const auto& note = outcome.generator.timer_note; !note.empty()) {
    trial.could_not_read("whether the load generator is on time to 50 us", note);
  }
}

void fill_machine_use(record::Trial& trial, const std::optional<host::MachineCpu>& first,
                      const std::optional<host::MachineCpu>& last) {
  const auto unknown = [&](const char* why) {
    trial.could_not_read("CPU time of the machine", why);
    trial.could_not_read("steal time", why);
  };
  if (!first || !last) return unknown("/proc/stat cannot be read");
  const auto use = host::use_between(*first, *last);
  if (!use) return unknown("/proc/stat stood still");
  trial.disturbance.machine_busy = use->busy;
  trial.disturbance.steal = use->steal;
}

void fill_suspended(record::Trial& trial, const std::optional<Duration>& slept) {
  // The two clocks are read one after the other.
  constexpr Duration noise = std::chrono::milliseconds(10);
  if (slept) {
    trial.disturbance.suspended_seconds = *slept > noise ? seconds(*slept) : 0;
  } else {
    trial.could_not_read("whether the machine slept", "the kernel does not tell");
  }
}

}  // namespace unrig::trial
