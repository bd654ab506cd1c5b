#include "trial/url_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "host/usage.h"
#include "load/cause.h"
#include "trial/cpu_sampler.h"
#include "trial/figures.h"
#include "trial/holds.h"
#include "trial/judge.h"
#include "trial/limiter.h"
#include "trial/noise.h"
#include "trial/outcome.h"
#include "trial/under_way.h"

namespace unrig::trial {
namespace {

using load::Failure;

// The body of one answer is kept whole, so there must be an end to it.
constexpr std::size_t longest_body = 64 << 20;

/// Takes every body and keeps it: one request is made, and read only after the run.
class Keep final : public load::BodyCheck {
 public:
  bool right(std::string_view body, std::optional<std::uint32_t>) const override {
    body_ = body;
    return true;
  }
  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  mutable std::string body_;
};

/// The plan's request, once.
Result<load::Outcome> ask_once(load::Plan plan, const Clock& clock, const std::stop_token& stop) {
  using namespace std::chrono_literals;
  plan.loop = load::OpenLoop{.rate = Rate{1000}, .end_rate = {}, .connections = 1};
  plan.warmup = 0ms;
  plan.duration = 1ms;
  plan.threads = 1;
  auto outcome = load::run(plan, clock, stop);
  if (outcome && stop.stop_requested()) {
    return fail(ErrorKind::interrupted, "stopped before the first slice");
  }
  return outcome;
}

std::uint64_t failed(const load::Outcome& outcome, Failure failure) {
  return outcome.total.failed_by[static_cast<std::size_t>(failure)];
}

/// Which class the one request ended in.
std::string class_of(const load::Outcome& outcome) {
  for (std::size_t i = 0; i < load::failure_count; ++i) {
    const auto failure = static_cast<Failure>(i);
    if (failed(outcome, failure) > 0) return std::string(to_text(failure));
  }
  return "unfinished";
}

std::unexpected<Error> no_right_answer(const UrlTarget& target, const load::Outcome& outcome) {
  std::string what = fmt::format("{} gave no right answer: {}", target.url, class_of(outcome));
  for (std::size_t i = 0; i < load::failure_count; ++i) {
    const auto failure = static_cast<Failure>(i);
    if (failed(outcome, failure) == 0) continue;
    const load::Cause cause = load::cause_of(target.plan, failure, outcome.sample_failure());
    if (!cause.text.empty()) what += fmt::format("; {}", cause.text);
    if (!outcome.sample_failure().empty()) what += "\n" + outcome.sample_failure();
    return fail(ErrorKind::measurement, what, std::string(cause.advice));
  }
  return fail(ErrorKind::measurement, what);
}

record::Conditions conditions_of(const load::Plan& plan, int cores) {
  const auto* closed = std::get_if<load::ClosedLoop>(&plan.loop);
  return {.sees_server = false,
          .open_loop = closed == nullptr,
          .clients = closed == nullptr ? 0 : closed->clients,
          .cores = cores};
}

/// That the body of an answer is another each time. `one` and `other`: two of them.
std::unexpected<Error> always_different(const UrlTarget& target, const std::string& one,
                                        const std::string& other) {
  constexpr std::size_t few = 3;
  std::string stays;
  for (const auto& member : http::members_in_common(one, other, few))
    stays += " --expect-json " + shell_word(to_text(member));
  const std::string what =
      fmt::format("{} answers differently from one request to the next", target.url);
  if (stays.empty()) {
    return fail(ErrorKind::measurement, what,
                "say what stays the same in its answers: --expect-json MEMBER=VALUE, or "
                "--expect-length FROM..TO");
  }
  return fail(ErrorKind::measurement, what,
              printable(fmt::format("say what stays the same in its answers, as{}", stays)));
}

}  // namespace

Result<> learn_answer(UrlTarget& target, const Clock& clock, const std::stop_token& stop) {
  if (target.plan.expected_body || target.plan.expect.of_body()) {
    const auto answer = ask_once(target.plan, clock, stop);
    if (!answer) return std::unexpected(answer.error());
    if (answer->total.completed == 0) return no_right_answer(target, *answer);
    return {};
  }
  Keep bodies[2];
  for (const Keep& keep : bodies) {
    load::Plan plan = target.plan;
    plan.check = &keep;
    plan.body_limit = longest_body;
    const auto answer = ask_once(plan, clock, stop);
    if (!answer) return std::unexpected(answer.error());
    if (answer->total.completed == 0) return no_right_answer(target, *answer);
  }
  const auto& [first, second] = bodies;
  if (first.body() != second.body()) return always_different(target, first.body(), second.body());
  target.plan.expected_body = first.body();
  return {};
}

Result<record::Trial> UrlBench::run(const record::Cell& cell, const plan::Phases& phases,
                                    const plan::Place& place, std::stop_token stop) {
  const auto target = std::ranges::find(targets_, cell.stack, &UrlTarget::url);
  assert(target != targets_.end());
  load::Plan plan = target->plan;
  plan.warmup = phases.warmup;
  plan.duration = phases.duration;
  plan.seed = place.seed;
  record::Trial trial = new_trial(cell, place, clock_);

  CpuSampler cpu({},
                 [this] { return CpuReading{.at = clock_.now(), .machine = host::machine_cpu()}; });
  Halts halts(times_resumed_);
  Holds holds(groups_of_this_machine());
  cpu.begin();
  halts.begin();
  holds.look({});
  const auto outcome = load::run(plan, clock_, std::move(stop));
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->stopped) return fail(ErrorKind::interrupted, "the slice was stopped");
  cpu.end();
  halts.end();
  holds.look({});
  trial.conditions = conditions_of(plan, cores_);
  write(trial.signals, *outcome);
  cpu.write_use(trial.signals.machine);
  halts.write(trial.signals.machine);
  holds.write(trial.signals);
  fill_events(trial.events, *outcome, plan);
  trial.events.mishaps = holds.mishaps(phases.duration);
  if (const auto stopped = halts.mishap()) trial.events.mishaps.push_back(*stopped);
  fill(trial, *outcome, plan);
  fill_figures(trial, outcome->completed_in_window);
  fill_throttled(trial, holds);
  if (const auto other = failed(*outcome, Failure::wrong_body); other > 0) {
    trial.verdict.reject(
        fmt::format("{} of {} answers had another body than {}", other, trial.total.issued,
                    plan.expect.of_body() ? fmt::format("expected ({})", to_text(plan.expect))
                                          : "the first one"));
  }
  judge(trial);
  trial.under_way = under_way(trial);
  trial.limiter = find_limiter(trial);
  return trial;
}

record::Disturbance UrlBench::look(Duration length, const std::function<bool()>& stop) {
  return look_around(clock_, length, stop, false);
}

}  // namespace unrig::trial
