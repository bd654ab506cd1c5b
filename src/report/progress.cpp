#include "report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace unrig::report {
namespace {

std::string time_text(const std::optional<double>& us) {
  return us ? human(from_seconds(*us * 1e-6)) : "-";
}

}  // namespace

Progress::Progress(std::FILE* out, Style style, const Clock& clock, int trials)
    : out_(out), style_(style), clock_(clock), begun_(clock.now()), trials_(trials) {}

Progress::~Progress() {
  redraw({});
}

std::string Progress::time_left() const {
  if (done_ == 0 || trials_ <= done_) return {};
  const Duration per_trial = (clock_.now() - begun_) / done_;
  return fmt::format(", about {} left", human(per_trial * (trials_ - done_)));
}

void Progress::redraw(const std::string& line) {
  if (drawn_) fmt::print(out_, "\r\x1b[K");
  drawn_ = !line.empty();
  fmt::print(out_, "{}", line);
  std::fflush(out_);
}

void Progress::say(const std::string& line) {
  if (style_ == Style::quiet) return;
  if (style_ == Style::redrawn) redraw({});
  fmt::print(out_, "{}\n", printable(line));
  std::fflush(out_);
}

void Progress::passing(const std::string& line) {
  if (style_ == Style::redrawn) redraw(printable(line));
}

void Progress::trial_begins(const trial::Cell& cell, const trial::Place& place) {
  if (done_ == 0) begun_ = clock_.now();  // environments may have been made before
  trials_ = std::max(trials_, done_ + 1);
  passing(fmt::format("trial {} of {} (block {}): {}{}", done_ + 1, trials_, place.block,
                      cell.label, time_left()));
}

void Progress::trial_ended(const trial::Cell& cell, const record::Trial& trial) {
  ++done_;
  say(fmt::format("{:>3}/{}  block {}  {:<24} {:>6.0f} req/s  P50 {:>8}  P99 {:>8}{}{}", done_,
                  trials_, trial.block, cell.label, trial.throughput_per_s,
                  time_text(trial.response_us.p50), time_text(trial.response_us.p99),
                  trial.verdict.valid ? "" : "  INVALID: " + trial.verdict.reasons.front(),
                  style_ == Style::plain ? time_left() : ""));
}

void Progress::cell_failed(const trial::Cell& cell, const Error& error) {
  ++done_;
  // Many stacks may lack the same interpreter.
  const bool again = error.what == last_failure_;
  last_failure_ = error.what;
  say(fmt::format("{:>3}/{}  {}: {}", done_, trials_, cell.label, again ? "the same" : error.what));
  if (!again && !error.help.empty()) say("help: " + error.help);
}

Progress::Style choose_style(bool quiet, bool plain) {
  if (quiet) return Progress::Style::quiet;
  const char* terminal = std::getenv("TERM");
  const bool can_redraw =
      ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
  return can_redraw && !plain ? Progress::Style::redrawn : Progress::Style::plain;
}

}  // namespace unrig::report
