/// \file
/// What became of one bound that a result had to keep (docs/ci.md). Plain data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unrig::record {

enum class GateOutcome {
  passed,     ///< the whole interval lies on the right side of the bound
  failed,     ///< the whole interval lies on the wrong side
  undecided,  ///< anything else, also no interval at all
};
[[nodiscard]] std::string_view to_text(GateOutcome outcome);  ///< its name above

/// What the numbers of a gate are.
enum class GateUnit { per_second, microseconds, ratio, requests, fraction };
[[nodiscard]] std::string_view to_text(GateUnit unit);  ///< "1/s", "us", "ratio", …

struct JudgedGate {
  std::string gate;     ///< as it was asked for: "starlette-uvicorn: p99 < 50ms"
  std::string label;    ///< of the cell that was judged; empty: a load
  std::string against;  ///< of ratios, the label of the cell below the line; else empty
  std::string metric;   ///< "p99"
  GateUnit unit = GateUnit::ratio;
  std::string comparison;  ///< "<", "<=", ">", ">=" or "="
  double bound = 0;
  std::optional<double> estimate = {};        ///< not set: there is none
  std::optional<double> low = {}, high = {};  ///< both or neither; what is counted is a point
  double confidence = 0.95;                   ///< of that interval
  GateOutcome outcome = GateOutcome::undecided;
  std::string why = {};  ///< it is undecided; empty where it is not
};

}  // namespace unrig::record
