#include "cli/load_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "analysis/gates_of_load.h"
#include "cli/gates.h"
#include "cli/histogram_files.h"
#include "cli/interrupt.h"
#include "cli/records.h"
#include "cli/targets.h"
#include "load/load.h"
#include "report/load_json.h"
#include "report/load_text.h"
#include "report/look.h"
#include "report/progress.h"
#include "trial/load_run.h"

namespace unrig::cli {
namespace {

using Style = report::Progress::Style;

/// Tells how a load goes, from a thread of its own, until it is destroyed.
class Display {
 public:
  Display(Style style, const Clock& clock, Duration length, const load::LiveCounts& live)
      : style_(style), clock_(clock), end_(clock.now() + length), live_(live) {
    if (style != Style::quiet) {
      thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    }
  }

 private:
  void watch(const std::stop_token& stop);

  const Style style_;
  const Clock& clock_;
  const Instant end_;
  const load::LiveCounts& live_;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;  // last: it uses all of the above
};

void Display::watch(const std::stop_token& stop) {
  // The figures come ten times a second; over a whole second their rate is steady.
  const bool redrawn = style_ == Style::redrawn;
  const auto period = redrawn ? std::chrono::seconds(1) : std::chrono::seconds(10);
  std::unique_lock lock(mutex_);
  std::uint64_t before = 0;
  Instant last = clock_.now();
  while (!over_.wait_for(lock, stop, period, [] { return false; }) && !stop.stop_requested()) {
    const Instant now = clock_.now();
    const std::uint64_t completed = live_.completed;
    const report::LoadState state{
        .per_second = static_cast<double>(completed - before) / seconds(now - last),
        .failed = live_.failed,
        .p50 = live_.quantile(0.5),
        .p99 = live_.quantile(0.99),
        .left = end_ - now};
    const std::string line = redrawn ? report::drawable(report::load_line(state), STDERR_FILENO)
                                     : report::load_line(state);
    fmt::print(stderr, "{}{}{}", redrawn ? "\r\x1b[K" : "", line, redrawn ? "" : "\n");
    std::fflush(stderr);
    before = completed;
    last = now;
  }
  if (redrawn) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace

Result<int> load_command(const CommonOptions& common, const LoadOptions& options) {
  if (auto kept = analysis::check_gates_of_load(options.gates); !kept) {
    return fail(kept.error().kind, "--gate: " + kept.error().what, kept.error().help);
  }
  const auto targets = targets_of(common.json, options.files);
  if (auto writable = check_targets(targets); !writable) return std::unexpected(writable.error());
  const auto plan = plan_of(options);
  if (!plan) return std::unexpected(plan.error());
  const SystemClock clock;
  tell_missing_calls(common);
  Interrupt interrupt(Interrupt::First::stops);
  interrupt.measuring();
  load::LiveCounts live;
  Result<load::Outcome> outcome;
  {
    const Display display(report::choose_style(common.quiet, common.plain), clock,
                          plan->warmup + plan->duration, live);
    outcome = load::run(*plan, clock, interrupt.stop().now.get_token(), &live);
  }
  if (!outcome) return std::unexpected(outcome.error());

  auto run = trial::load_run(options.url, *plan, *outcome);
  run.gates = analysis::judged_gates(options.gates, run);
  const WallTime window_start = clock.wall() - (clock.now() - outcome->start) + plan->warmup;
  const auto histograms =
      write_histograms(options.files, {.response = outcome->response,
                                       .service = outcome->service,
                                       .issue_delay = outcome->issue_delay,
                                       .start = window_start,
                                       .length_s = seconds(outcome->window_length)});
  // Standard output has what was asked for there, or else the text for people.
  const bool taken = std::ranges::any_of(targets, &Target::is_standard);
  const auto published =
      publish(common, report::load_json(run), taken ? "" : report::load_text(run, look_of(common)));
  if (!histograms) return std::unexpected(histograms.error());
  if (!published) return std::unexpected(published.error());
  if (run.interrupted) return exit_code(ErrorKind::interrupted);
  if (!run.verdict.valid()) return exit_code(ErrorKind::measurement);
  return exit_code_of(run.gates);
}

}  // namespace unrig::cli
