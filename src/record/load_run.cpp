#include "record/load_run.h"

namespace unrig::record {
namespace {

/// Counts that do not add up speak against every figure, and are nobody's fault but unrig's.
load::Verdict judged(const load::Plan& plan, const load::Outcome& outcome) {
  load::Verdict verdict = load::judge(plan, outcome);
  if (!outcome.total.adds_up() || !outcome.window.adds_up()) {
    verdict.reasons.insert(verdict.reasons.begin(),
                           "internal: the counts of requests do not add up");
    verdict.advice.insert(verdict.advice.begin(), "this is a fault of unrig: please report it");
  }
  return verdict;
}

}  // namespace

double LoadRun::cpu_us_per_request() const {
  const double requests = throughput_per_s * window_seconds;
  return requests > 0 ? microseconds(generator.cpu) / requests : 0;
}

LoadRun load_run(std::string url, const load::Plan& plan, const load::Outcome& outcome) {
  const auto* open = std::get_if<load::OpenLoop>(&plan.loop);
  return {.url = std::move(url),
          .open = open != nullptr,
          .threads_asked = plan.threads,
          .connections =
              open != nullptr ? open->connections : std::get<load::ClosedLoop>(plan.loop).clients,
          .seed = plan.seed,
          .total = outcome.total,
          .window = outcome.window,
          .window_seconds = unrig::seconds(outcome.window_length),
          .throughput_per_s = outcome.throughput(),
          .offered_per_s = outcome.offered(),
          .unasked_bytes = outcome.unasked_bytes,
          .early_answers = outcome.early_answers,
          .head_bodies = outcome.head_bodies,
          .reconnects = outcome.reconnects,
          .resent = outcome.resent,
          .bytes_in = outcome.bytes_in,
          .response_us = times(outcome.response, outcome.unanswered_response),
          .service_us = times(outcome.service, outcome.unanswered_service),
          .issue_delay_us = times(outcome.issue_delay),
          .lateness_us = times(outcome.lateness),
          .read_delay_us = times(outcome.read_delay),
          .connect_us = times(outcome.connect),
          .handshake_us = times(outcome.handshake),
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

}  // namespace unrig::record
