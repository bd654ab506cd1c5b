/// \file
/// What a run tells while it goes on: one line that is redrawn on a terminal, plain lines
/// elsewhere.
#pragma once

#include <cstdio>
#include <string>

#include "base/clock.h"
#include "experiment/experiment.h"

namespace unrig::report {

/// Writes to `out` (standard error). Called between trials only, never while one is measured.
class Progress final : public experiment::Watcher {
 public:
  enum class Style { quiet, plain, redrawn };

  /// `trials` is how many there will probably be; `out` and `clock` must outlive it.
  Progress(std::FILE* out, Style style, const Clock& clock, int trials);
  ~Progress() override;  ///< leaves a redrawn line clean

  void trial_begins(const trial::Cell& cell, const trial::Place& place) override;
  void trial_ended(const trial::Cell& cell, const record::Trial& trial) override;
  void cell_failed(const trial::Cell& cell, const Error& error) override;
  void mended(const std::string& what) override;

  /// What goes on now and matters no more when it is over: only shown on a terminal.
  void passing(const std::string& line);
  /// A line about anything else: an environment being made, say. `quiet` drops it.
  void say(const std::string& line);

 private:
  [[nodiscard]] std::string time_left() const;
  void redraw(const std::string& line);

  std::FILE* out_;
  Style style_;
  const Clock& clock_;
  Instant begun_;
  int trials_;
  int done_ = 0;
  bool drawn_ = false;
  std::string last_failure_;
};

/// redrawn on a terminal that can do it (not TERM=dumb), plain elsewhere or when asked, quiet for
/// -q.
[[nodiscard]] Progress::Style choose_style(bool quiet, bool plain);

}  // namespace unrig::report
