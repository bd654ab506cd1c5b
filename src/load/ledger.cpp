#include "load/ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"

namespace unrig::load {
namespace {

constexpr Duration second_length = std::chrono::seconds(1);

}  // namespace

double Outcome::throughput() const {
  if (window_length <= Duration{0}) return 0;
  return static_cast<double>(completed_in_window) / unrig::seconds(window_length);
}

double Outcome::offered() const {
  if (window_length <= Duration{0}) return 0;
  return static_cast<double>(window.scheduled) / unrig::seconds(window_length);
}

Timeline Timeline::of(const Plan& plan, Instant start) {
  const Instant window_start = start + plan.warmup;
  const Instant window_end = window_start + plan.duration;
  return {start, window_start, window_end, window_end + plan.timeout};
}

void Ledger::reserve(Duration length) {
  // Of a longer one the rest comes in time: growing then takes a millisecond once an hour.
  constexpr Duration most = std::chrono::hours(1);
  const auto steps = static_cast<std::size_t>(std::min(length, most) / step_length) + 1;
  outcome_.steps.reserve(steps);
  outcome_.series.reserve(static_cast<std::size_t>(std::min(length, most) / second_length) + 2);
}

void Ledger::next_second(Instant now) {
  if (next_second_ == Instant{}) {
    next_second_ = timeline_.start + second_length;
    return;
  }
  for (; next_second_ <= now; next_second_ += second_length) close_second();
}

void Ledger::close_second() {
  second_.responses = second_responses_.take();
  outcome_.series.push_back(std::exchange(second_, {}));
}

void Ledger::unanswered(Instant intended, Instant issued, Instant now) {
  if (!in_window(intended)) return;
  outcome_.unanswered_response.record(now - intended);
  outcome_.unanswered_service.record(now - issued);
}

void Ledger::waited(Instant intended, Instant now) {
  if (in_window(intended)) outcome_.unanswered_response.record(now - intended);
}

void Ledger::silent(Instant since, Instant now) {
  if (now <= timeline_.window_start || since >= timeline_.window_end) return;
  outcome_.longest_gap = std::max(outcome_.longest_gap, now - since);
}

void Ledger::stalled(Instant now, Duration how_long) {
  const bool within = now > timeline_.window_start && now - how_long < timeline_.window_end;
  if (within) outcome_.stalls.record(how_long);
}

template <class Change>
void Ledger::enter(Instant intended, Change change) {
  change(outcome_.total);
  if (in_window(intended)) change(outcome_.window);
}

void Ledger::scheduled(Instant intended) {
  enter(intended, [](Counts& counts) { ++counts.scheduled; });
}

void Ledger::taken_up(Instant intended, Duration late) {
  if (in_window(intended)) outcome_.lateness.record(late);
}

void Ledger::dropped(Instant intended) {
  enter(intended, [](Counts& counts) { ++counts.dropped; });
}

void Ledger::issued(Instant intended) {
  ++second_.issued;
  enter(intended, [](Counts& counts) { ++counts.issued; });
}

void Ledger::completed(const Stamps& stamps) {
  const Duration response = stamps.completed - stamps.intended;
  ++outcome_.total.completed;
  ++second_.completed;
  second_responses_.record(response);
  if (in_window(stamps.intended)) {
    ++outcome_.window.completed;
    outcome_.response.record(response);
    outcome_.service.record(stamps.completed - stamps.issued);
    outcome_.issue_delay.record(stamps.issued - stamps.intended);
    outcome_.read_delay.record(stamps.completed - std::max(stamps.readable, stamps.issued));
  }
  if (in_window(stamps.completed)) ++outcome_.completed_in_window;
  const auto step = static_cast<std::size_t>((stamps.completed - timeline_.start) / step_length);
  if (step >= outcome_.steps.size()) outcome_.steps.resize(step + 1);
  Stretch& entry = outcome_.steps[step];
  ++entry.completed;
  entry.mean_response_us += microseconds(response);  // the sum, until the books are closed
}

void Ledger::failed(Instant intended, Failure failure) {
  ++second_.failed;
  enter(intended,
        [failure](Counts& counts) { ++counts.failed_by[static_cast<std::size_t>(failure)]; });
}

void Ledger::unfinished(Instant intended) {
  enter(intended, [](Counts& counts) { ++counts.unfinished; });
}

void Ledger::connected(Instant intended, Duration took) {
  if (in_window(intended)) outcome_.connect.record(took);
}

void Ledger::secured(Instant intended, Duration took) {
  if (in_window(intended)) outcome_.handshake.record(took);
}

namespace {

// A server that answers with ever new statuses must not fill the memory.
constexpr std::size_t most_samples = 32;

bool wants_sample(const Outcome& outcome, Failure failure, int status) {
  const auto same = [=](const Sample& sample) {
    return sample.failure == failure && sample.status == status;
  };
  return outcome.samples.size() < most_samples && std::ranges::none_of(outcome.samples, same);
}

}  // namespace

bool Ledger::wants_sample(Failure failure, int status) const {
  return load::wants_sample(outcome_, failure, status);
}

std::string Outcome::sample_failure() const {
  const Sample* shown = nullptr;
  const auto weight = [this](const Sample& sample) {
    const auto status = wrong_statuses.find(sample.status);
    const bool by_status = sample.failure == Failure::wrong_status;
    const std::uint64_t within = by_status && status != wrong_statuses.end() ? status->second : 0;
    return std::pair(total.failed_by[static_cast<std::size_t>(sample.failure)], within);
  };
  for (const Sample& sample : samples) {
    if (shown == nullptr || weight(sample) > weight(*shown)) shown = &sample;
  }
  return shown != nullptr ? shown->text : "";
}

std::map<int, std::uint64_t> statuses(const Plan& plan, const Outcome& outcome) {
  std::map<int, std::uint64_t> counts = outcome.wrong_statuses;
  const std::uint64_t expected =
      outcome.total.completed +
      outcome.total.failed_by[static_cast<std::size_t>(Failure::wrong_body)];
  if (expected > 0) counts[plan.expect.status] += expected;
  return counts;
}

Outcome Ledger::close(Instant end) && {
  assert(outcome_.total.adds_up() && outcome_.window.adds_up());
  outcome_.start = timeline_.start;
  if (second_.issued + second_.completed + second_.failed > 0) close_second();
  const Instant window_end = std::min(end, timeline_.window_end);
  outcome_.window_length = std::max(Duration{0}, window_end - timeline_.window_start);
  for (Stretch& step : outcome_.steps) {
    if (step.completed > 0) step.mean_response_us /= static_cast<double>(step.completed);
  }
  return std::move(outcome_);
}

void merge(Outcome& into, const Outcome& from) {
  add(into.total, from.total);
  add(into.window, from.window);
  into.completed_in_window += from.completed_in_window;
  into.window_length = std::max(into.window_length, from.window_length);
  into.unasked_bytes += from.unasked_bytes;
  into.reconnects += from.reconnects;
  into.resent += from.resent;
  into.early_answers += from.early_answers;
  into.early_completed += from.early_completed;
  into.head_bodies += from.head_bodies;
  into.bytes_in += from.bytes_in;
  into.response.merge(from.response);
  into.service.merge(from.service);
  into.issue_delay.merge(from.issue_delay);
  into.lateness.merge(from.lateness);
  into.read_delay.merge(from.read_delay);
  into.unanswered_response.merge(from.unanswered_response);
  into.unanswered_service.merge(from.unanswered_service);
  into.longest_gap = std::min(into.longest_gap, from.longest_gap);  // the server's is everybody's
  into.stalls.merge(from.stalls);
  into.connect.merge(from.connect);
  into.handshake.merge(from.handshake);
  into.steps.resize(std::max(into.steps.size(), from.steps.size()));
  for (std::size_t i = 0; i < from.steps.size(); ++i) add(into.steps[i], from.steps[i]);
  into.series.resize(std::max(into.series.size(), from.series.size()));
  for (std::size_t i = 0; i < from.series.size(); ++i) add(into.series[i], from.series[i]);
  add(into.generator, from.generator);
  into.stopped = into.stopped || from.stopped;
  for (const auto& [status, count] : from.wrong_statuses) into.wrong_statuses[status] += count;
  for (const Sample& sample : from.samples) {
    if (wants_sample(into, sample.failure, sample.status)) into.samples.push_back(sample);
  }
}

}  // namespace unrig::load
