/// \file
/// How many sessions of the database are in use and waited for, as the pooler says.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "chain/chain.h"
#include "record/signals.h"

namespace unrig::trial {

class PoolSampler {
 public:
  /// An answer, or none within the limit.
  using Ask = std::function<Result<chain::PoolerSample>(Duration limit)>;

  /// Without `ask` there is no pooler. `clock` must outlive it.
  PoolSampler(Ask ask, const Clock& clock) : ask_(std::move(ask)), clock_(clock) {}

  /// Asks once, and waits for the answer beyond `end` for a little only. A pooler that gave none is
  /// not asked again: that would take the watch's time.
  void look(Instant end);

  void write(record::SessionSignals& sessions) const;
  /// That it did not serve. `own_stall`: for how long at once unrig itself did not look: who was
  /// stopped in the middle of a question has not heard the answer.
  [[nodiscard]] std::optional<record::Mishap> mishap(Duration own_stall) const;

 private:
  Ask ask_;
  const Clock& clock_;
  int samples_ = 0;
  int most_ = 0;
  double open_sum_ = 0, active_sum_ = 0, waiting_sum_ = 0;
  std::string failure_;  ///< why it gave no answer; "" where it always did
  std::optional<Duration> silence_;
};

}  // namespace unrig::trial
