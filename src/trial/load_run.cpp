#include "trial/load_run.h"

#include <algorithm>

#include "load/verdict.h"
#include "stats/omission.h"

namespace unrig::trial {
namespace {

/// Counts that do not add up speak against every figure, and are nobody's fault but unrig's.
tally::LoadVerdict judged(const load::Plan& plan, const load::Outcome& outcome) {
  tally::LoadVerdict verdict = load::judge(plan, outcome);
  if (!outcome.total.adds_up() || !outcome.window.adds_up()) {
    verdict.reasons.insert(verdict.reasons.begin(),
                           "internal: the counts of requests do not add up");
    verdict.advice.insert(verdict.advice.begin(), "this is a fault of unrig: please report it");
  }
  return verdict;
}

}  // namespace

std::optional<record::Gap> find_gap(const load::Plan& plan, const load::Outcome& outcome) {
  const auto* closed = std::get_if<load::ClosedLoop>(&plan.loop);
  if (closed == nullptr || outcome.response.count() == 0) return {};
  constexpr Duration shortest = std::chrono::milliseconds(100);
  constexpr int times_p99 = 10;
  const Duration gap = outcome.longest_gap;
  if (gap < std::max(shortest, times_p99 * outcome.response.quantile(0.99))) return {};
  if (2 * outcome.generator.longest_stall > gap) return {};
  // How often a client asks while all goes well.
  const Duration cycle = outcome.response.quantile(0.5) + closed->think_time;
  return record::Gap{unrig::seconds(gap),
                     record::times(stats::with_omitted(outcome.response, cycle))};
}

record::LoadRun load_run(std::string url, const load::Plan& plan, const load::Outcome& outcome) {
  const auto* open = std::get_if<load::OpenLoop>(&plan.loop);
  return {.url = std::move(url),
          .open = open != nullptr,
          .threads_asked = plan.threads,
          .connections =
              open != nullptr ? open->connections : std::get<load::ClosedLoop>(plan.loop).clients,
          .seed = plan.seed,
          .expect = plan.expect,
          .total = outcome.total,
          .window = outcome.window,
          .warmup_seconds = unrig::seconds(plan.warmup),
          .window_seconds = unrig::seconds(outcome.window_length),
          .throughput_per_s = outcome.throughput(),
          .offered_per_s = outcome.offered(),
          .unasked_bytes = outcome.unasked_bytes,
          .early_answers = outcome.early_answers,
          .head_bodies = outcome.head_bodies,
          .reconnects = outcome.reconnects,
          .resent = outcome.resent,
          .bytes_in = outcome.bytes_in,
          .response_us = record::times(outcome.response, outcome.unanswered_response),
          .service_us = record::times(outcome.service, outcome.unanswered_service),
          .issue_delay_us = record::times(outcome.issue_delay),
          .lateness_us = record::times(outcome.lateness),
          .read_delay_us = record::times(outcome.read_delay),
          .connect_us = record::times(outcome.connect),
          .handshake_us = record::times(outcome.handshake),
          .gap = find_gap(plan, outcome),
          .ramp = open != nullptr && open->end_rate.has_value(),
          .series = outcome.series,
          .connects = outcome.connect.count(),
          .handshakes = outcome.handshake.count(),
          .response = outcome.response,
          .statuses = load::statuses(plan, outcome),
          .sample_failure = outcome.sample_failure(),
          .samples = outcome.samples,
          .generator = outcome.generator,
          .interrupted = outcome.stopped,
          .verdict = judged(plan, outcome)};
}

}  // namespace unrig::trial
