/// \file
/// What the sessions of the database do, as the database says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chain/activity.h"
#include "record/signals.h"

namespace unrig::trial {

class ActivitySampler {
 public:
  /// An answer, or none within the limit.
  using Ask = std::function<Result<chain::Activity>(Duration limit)>;

  explicit ActivitySampler(Ask ask) : ask_(std::move(ask)) {}

  /// Asks once. A database that gave no answer is not asked again: that would take the watch's
  /// time.
  void look();
  void write(record::ActivitySignals& activity) const;

 private:
  Ask ask_;
  int looks_ = 0;
  chain::Activity sum_;
  std::vector<int> asleep_;  ///< of each look
  std::string failure_;
};

}  // namespace unrig::trial
