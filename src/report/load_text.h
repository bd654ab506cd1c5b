/// \file
/// One load for people: its summary, and the line that tells how it goes.
#pragma once

#include <cstdint>
#include <string>

#include "base/units.h"
#include "record/load_run.h"
#include "report/look.h"

namespace unrig::report {

/// Throughput, classes of the count, times, a small histogram, the generator's own figures and
/// the verdict. Without a completed request there is no throughput and there are no times.
[[nodiscard]] std::string load_text(const record::LoadRun& run, const Look& look = {});

/// How a load stands while it goes on.
struct LoadState {
  double per_second = 0;  ///< completions since the last look
  std::uint64_t failed = 0;
  Duration p50{0}, p99{0};
  Duration left{0};  ///< of warm-up and window; 0 or less: what is under way is waited for
};
[[nodiscard]] std::string load_line(const LoadState& state);

}  // namespace unrig::report
