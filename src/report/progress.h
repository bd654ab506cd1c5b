/// \file
/// What a run tells while it goes on: one line that is redrawn on a terminal, plain lines
/// elsewhere.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "experiment/experiment.h"

namespace unrig::report {

/// Writes to `out` (standard error). Called between trials only, never while one is measured.
class Progress final : public experiment::Watcher {
 public:
  enum class Style { quiet, plain, redrawn };

  /// `trials` is how many there will probably be; `out` and `clock` must outlive it.
  /// `accepts_noise`: disturbed trials count and are called so.
  Progress(std::FILE* out, Style style, const Clock& clock, int trials, bool accepts_noise = false);
  ~Progress() override;  ///< leaves a redrawn line clean

  void trial_begins(const record::Cell& cell, const plan::Place& place, Duration length) override;
  void trial_ended(const record::Cell& cell, const record::Trial& trial) override;
  void cell_failed(const record::Cell& cell, const Error& error) override;
  void mended(const std::string& what) override;
  void wait_begins(const record::Run& run, int block, Duration left) override;
  void waits(const record::Disturbance& now, Duration left) override;
  void wait_ended(bool quiet, Duration waited) override;

  void run_begins(const record::Manifest& manifest) override;
  /// Shown on a terminal, elsewhere only where nothing has been said for 10 s.
  void passing(const std::string& line) override;
  void work(std::string_view what, std::size_t done, std::size_t of,
            const std::string& now) override;
  /// `quiet` drops it.
  void say(const std::string& line) override;
  /// As passing(), for what is told again and again: at most 10 times a second on a terminal.
  void ongoing(const std::string& line);

 private:
  [[nodiscard]] std::string time_left() const;
  void redraw(const std::string& line);

  std::FILE* out_;
  Style style_;
  const Clock& clock_;
  Instant begun_;
  int trials_;
  bool accepts_noise_;
  int done_ = 0;
  Duration length_{0};  ///< of the load of a trial
  bool drawn_ = false;
  Instant said_;   ///< the last line
  Instant shown_;  ///< the last line or redraw
  struct Work {
    std::string what;
    std::size_t done = 0, of = 0;
    Instant begun;
  };
  std::optional<Work> work_;
  std::string last_failure_;
};

/// redrawn on a terminal that can do it (not TERM=dumb), plain elsewhere or when asked, quiet for
/// -q.
[[nodiscard]] Progress::Style choose_style(bool quiet, bool plain);

}  // namespace unrig::report
