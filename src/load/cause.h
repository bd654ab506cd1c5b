/// \file
/// Why requests failed, as far as their class and a sample tell, and what helps. One table, so that
/// no advice is given that does not follow from the cause.
#pragma once

#include <string_view>

#include "load/load.h"

namespace unrig::load {

struct Cause {
  std::string_view text;    ///< "nobody listens there"; "" where the class says it all
  std::string_view advice;  ///< what helps; "" where nothing is known to
};

/// `sample`: what a failure of that class looked like; "" without one.
[[nodiscard]] Cause cause_of(const Plan& plan, Failure failure, std::string_view sample);

/// What helps when the generator used up its cores. `cores`: how many it may use.
[[nodiscard]] std::string_view advice_when_saturated(int threads, int cores);
/// What helps when it was late although it did not use up its cores, or did.
[[nodiscard]] std::string_view advice_when_late(bool saturated, int threads, int cores);

}  // namespace unrig::load
