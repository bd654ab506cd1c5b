/// \file
/// A bound that a result has to keep, as it is typed: `starlette-uvicorn: p99 < 50ms @ 95%`. What
/// it means, of which cells, and whether an interval keeps it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/figures.h"
#include "base/result.h"
#include "record/gate.h"
#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// What a gate can be of.
struct GateMetric {
  std::string_view name;  ///< "p99", "p99_ratio"
  record::GateUnit unit;
  Figure figure = nullptr;  ///< of a trial; null: of the counts of requests
  double quantile = 0;      ///< of the response time; 0: it is none
  [[nodiscard]] bool is_ratio() const { return unit == record::GateUnit::ratio; }
};
[[nodiscard]] std::span<const GateMetric> gate_metrics();

/// How the figure has to lie to the bound.
struct Relation {
  std::string_view text;  ///< "<=", as it is written
  bool (*holds)(double figure, double bound);
};

struct Gate {
  std::string text;  ///< as it was typed
  std::string name;  ///< the label or the stack that it is of; empty: all that are measured
  const GateMetric* metric = nullptr;  ///< one of gate_metrics()
  const Relation* relation = nullptr;
  double bound = 0;  ///< in the metric's unit
  double confidence = 0.95;
};

/// Reads "[NAME:] METRIC RELATION BOUND [@ CONFIDENCE]". k6's spellings `p(95)`, `med`, `rate` and
/// `==` are understood. Error: usage, with the gate, what is wrong with it and what to write.
[[nodiscard]] Result<Gate> parse_gate(std::string_view text);

/// A cell that a gate is of, by label.
struct GateSubject {
  std::string label;
  std::string against;  ///< of ratios, what it is held against; else empty
};

/// The cells that the gate is of, in their order: those with its name, or all. A ratio is to the
/// baseline, and so of all others; of a baseline that is only measured beside its double, over that
/// (the A/A test). Error: usage: nothing is called so (with did-you-mean), or nothing is left.
[[nodiscard]] Result<std::vector<GateSubject>> subjects_of(const Gate& gate,
                                                           std::span<const record::Cell> cells,
                                                           const std::string& baseline);

/// By the interval and never by the estimate: both ends have to hold, or neither. Without an
/// interval it is undecided.
[[nodiscard]] record::GateOutcome judge(const Gate& gate, const stats::Estimate& figure);

/// A figure, and why nothing can be decided by it.
struct GateFigure {
  stats::Estimate figure;
  std::string missing = {};  ///< empty where there is an interval
};

/// The gate with what came of it.
[[nodiscard]] record::JudgedGate judged(const Gate& gate, const GateSubject& subject,
                                        const GateFigure& found);

}  // namespace unrig::analysis
