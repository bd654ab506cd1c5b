#include "report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "analysis/noise.h"
#include "base/text.h"
#include "record/disturbance.h"
#include "report/look.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

std::string or_dash(const std::optional<double>& us) {
  return us ? human(from_seconds(*us * 1e-6)) : "-";
}

constexpr Duration between_lines = std::chrono::seconds(10);
constexpr Duration between_redraws = std::chrono::milliseconds(100);

std::string verdict_text(const record::Trial& trial, bool accepts_noise) {
  if (trial.verdict.valid) return {};
  const bool accepted = accepts_noise && trial.verdict.disturbed;
  return (accepted ? "  DISTURBED: " : "  INVALID: ") + trial.verdict.reasons.front();
}

}  // namespace

Progress::Progress(std::FILE* out, Style style, const Clock& clock, int trials, bool accepts_noise)
    : out_(out),
      style_(style),
      clock_(clock),
      begun_(clock.now()),
      trials_(trials),
      accepts_noise_(accepts_noise),
      said_(begun_),
      shown_(begun_) {}

Progress::~Progress() {
  redraw({});
}

std::string Progress::time_left() const {
  const int left = trials_ - done_;
  if (left <= 0) return {};
  // What comes on top of the load is seen at the first trial.
  if (done_ == 0) return fmt::format(", at least {} left", human(length_ * left));
  return fmt::format(", about {} left", human((clock_.now() - begun_) / done_ * left));
}

void Progress::redraw(const std::string& line) {
  if (drawn_) fmt::print(out_, "\r\x1b[K");
  drawn_ = !line.empty();
  fmt::print(out_, "{}", drawable(line, ::fileno(out_)));
  std::fflush(out_);
}

void Progress::say(const std::string& line) {
  if (style_ == Style::quiet) return;
  if (style_ == Style::redrawn) redraw({});
  fmt::print(out_, "{}\n", printable(line));
  std::fflush(out_);
  said_ = shown_ = clock_.now();
}

void Progress::passing(const std::string& line) {
  if (style_ == Style::plain && clock_.now() - said_ >= between_lines) say(line);
  if (style_ != Style::redrawn) return;
  redraw(printable(line));
  shown_ = clock_.now();
}

void Progress::ongoing(const std::string& line) {
  if (clock_.now() - shown_ >= between_redraws) passing(line);
}

void Progress::work(std::string_view what, std::size_t done, std::size_t of,
                    const std::string& now) {
  if (!work_ || work_->what != what || work_->of != of || work_->done > done) {
    work_ = Work{.what = std::string(what), .done = done, .of = of, .begun = clock_.now()};
    say(fmt::format("{}: {} to make{}", what, of - done, now.empty() ? "" : "; " + now));
    return;
  }
  const std::string state =
      fmt::format("{}: {} of {} done after {}", what, done, of, human(clock_.now() - work_->begun));
  const std::string line = now.empty() ? state : state + "; " + now;
  if (done != work_->done) {
    work_->done = done;
    say(line);
  } else {
    ongoing(line);
  }
}

void Progress::run_begins(const record::Manifest& manifest) {
  say(std::string(trim(run_heading(manifest))));
}

void Progress::mended(const std::string& what) {
  say("note: " + what);
}

void Progress::trial_begins(const record::Cell& cell, const plan::Place& place, Duration length) {
  if (done_ == 0) begun_ = clock_.now();  // environments may have been made before
  trials_ = std::max(trials_, done_ + 1);
  length_ = length;
  const std::string line = fmt::format("trial {} of {}{}: block {}, {}, {}", done_ + 1, trials_,
                                       time_left(), place.block, cell.label, human(length));
  // Nothing is said while it is measured, so a long one is announced.
  if (style_ == Style::plain && length >= between_lines) {
    say(line);
  } else {
    passing(line);
  }
}

void Progress::trial_ended(const record::Cell& cell, const record::Trial& trial) {
  ++done_;
  say(fmt::format("{:>3}/{}  block {}  {:<24} {:>6.0f} req/s  P50 {:>8}  P99 {:>8}{}{}", done_,
                  trials_, trial.block, cell.label, trial.throughput_per_s,
                  or_dash(trial.response_us.p50), or_dash(trial.response_us.p99),
                  verdict_text(trial, accepts_noise_), style_ == Style::plain ? time_left() : ""));
}

void Progress::cell_failed(const record::Cell& cell, const Error& error) {
  ++done_;
  // Many stacks may lack the same interpreter.
  const bool again = error.what == last_failure_;
  last_failure_ = error.what;
  say(fmt::format("{:>3}/{}  {}: {}", done_, trials_, cell.label, again ? "the same" : error.what));
  if (!again && !error.help.empty()) say("help: " + error.help);
}

void Progress::wait_begins(const record::Run& run, int block, Duration left) {
  say(fmt::format("every trial of block {} was disturbed: {}", block,
                  analysis::noise_of(run, block).text));
  for (const auto& line : analysis::advice_while_waiting(run, block)) say("help: " + line);
  say(fmt::format("waiting {} at most for a quiet machine (--patience)", human(left)));
}

void Progress::waits(const record::Disturbance& now, Duration left) {
  const auto causes = record::causes_of(now);
  ongoing(fmt::format("not quiet yet: {}; {} patience left",
                      causes.empty() ? "" : record::reason_of(causes.front(), now),
                      left > Duration(0) ? human(left) + " of" : "no"));
}

void Progress::wait_ended(bool quiet, Duration waited) {
  say(fmt::format("{} after {}: the run goes on", quiet ? "quiet" : "still not quiet",
                  human(waited)));
  begun_ += waited;  // no part of the time that a trial takes
}

Progress::Style choose_style(bool quiet, bool plain) {
  if (quiet) return Progress::Style::quiet;
  return can_redraw(STDERR_FILENO) && !plain ? Progress::Style::redrawn : Progress::Style::plain;
}

}  // namespace unrig::report
