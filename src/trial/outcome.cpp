#include "trial/outcome.h"

#include "load/verdict.h"
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

void write(record::Signals& signals, const load::Outcome& outcome) {
  using Unit = record::Reading<double>;
  const load::Generator& generator = outcome.generator;
  const double window = seconds(outcome.window_length);
  record::ProcessSignals& load = signals.processes[record::Component::load];
  load.cpu_seconds = seconds(generator.cpu);
  load.queue_wait_seconds = generator.queue_wait ? Unit(seconds(*generator.queue_wait))
                                                 : Unit::not_checked("the kernel does not tell");
  const bool single = generator.threads == 1 && window > 0;
  load.busiest_thread = single ? Unit(seconds(generator.cpu) / window)
                               : Unit::not_checked("its threads are counted together");
  load.busiest_thread_wait = single && generator.queue_wait
                                 ? Unit(seconds(*generator.queue_wait) / window)
                                 : Unit::not_checked("the kernel does not tell of one thread");
  load.times_scheduled = record::Reading<std::uint64_t>::not_checked(
      "the load generator counts only how often it lost its core");
  signals.generator.threads = generator.threads;
  signals.generator.switched_off = generator.involuntary_switches;
  signals.generator.longest_stall_seconds = seconds(generator.longest_stall);
  const double response = outcome.response.mean_ns();
  signals.generator.issue_delay_share =
      response > 0 ? Unit(outcome.issue_delay.mean_ns() / response)
                   : Unit::not_checked("no request was completed within the window");
}

void fill_events(record::Events& events, const load::Outcome& outcome, const load::Plan& plan) {
  events.late_generator = load::late_generator(plan, outcome);
  events.away_generator = load::away_generator(outcome);
  events.sample_failure = outcome.sample_failure();
}

}  // namespace unrig::trial
