/// \file
/// Whether unrig or the whole machine stood still under the load, or its clock was set.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/suspend.h"
#include "base/units.h"
#include "record/signals.h"

namespace unrig::trial {

/// How often this program has gone on after somebody had stopped it, until now. Empty: nobody
/// counts.
using TimesResumed = std::function<std::uint64_t()>;

class Halts {
 public:
  /// As time_suspended() and day_ahead_of_boot() have it.
  using Offset = std::function<std::optional<Duration>()>;

  explicit Halts(TimesResumed resumed, Offset slept = time_suspended,
                 Offset day_ahead = day_ahead_of_boot)
      : resumed_(std::move(resumed)), slept_(std::move(slept)), day_ahead_(std::move(day_ahead)) {}
  void begin() { first_ = read(); }
  void end() { last_ = read(); }

  /// How long the machine slept, and by how much its clock was set.
  void write(record::MachineSignals& machine) const;
  /// That unrig was stopped: whoever had the cores meanwhile, that is no noise.
  [[nodiscard]] std::optional<record::Mishap> mishap() const;

 private:
  struct Moment {
    std::uint64_t resumed = 0;
    std::optional<Duration> slept, day_ahead;
  };
  [[nodiscard]] Moment read() const {
    return {.resumed = resumed_ ? resumed_() : 0, .slept = slept_(), .day_ahead = day_ahead_()};
  }

  TimesResumed resumed_;
  Offset slept_, day_ahead_;
  Moment first_, last_;
};

}  // namespace unrig::trial
