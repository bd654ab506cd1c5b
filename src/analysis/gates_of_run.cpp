#include "analysis/gates_of_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "analysis/gate.h"
#include "analysis/ratios.h"
#include "stats/proportion.h"

namespace unrig::analysis {
namespace {

/// Of a cell, why nothing can be said; empty where something can.
std::string missing_trials(const record::Run& run, const std::string& label, double quantile) {
  const auto& cell = run.manifest.cells[index_of(run, label)];
  if (!cell.failure.empty()) return fmt::format("{} was not measured: {}", label, cell.failure);
  if (const auto lies = cell.false_claims(); !lies.empty()) {
    return fmt::format("{} is not what it claims to be: {}", label, lies.front());
  }
  if (const auto open = cell.unproven_claims(); !open.empty() && !run.manifest.accept_unproven) {
    return fmt::format("{} is not proven to be what it claims to be: {}", label, open.front());
  }
  const auto trials = valid_trials(run, label);
  if (trials.empty()) return fmt::format("no trial of {} counts", label);
  const std::string few = quantile > 0 ? missing_quantile(trials, quantile) : "";
  return few.empty() ? "" : fmt::format("{}: {}", label, few);
}

/// Why there is no interval.
std::string few_values(std::size_t values, const char* things) {
  if (values >= stats::interval_values_min) return "its trials do not tell it";
  return fmt::format("an interval takes {} {}, there {} {}", stats::interval_values_min, things,
                     values == 1 ? "is" : "are", values);
}

/// `ratios`: of a gate on a ratio those of its figure, else null.
GateFigure measured_figure(const record::Run& run, const Gate& gate, const GateSubject& subject,
                           const Ratios* ratios) {
  const GateMetric& metric = *gate.metric;
  GateFigure found{.figure = stats::ratio_interval({})};
  for (const auto& label : {subject.label, subject.against}) {
    if (label.empty()) continue;
    found.missing = missing_trials(run, label, metric.quantile);
    if (!found.missing.empty()) return found;
  }
  const std::size_t cell = index_of(run, subject.label);
  if (ratios != nullptr) {
    const std::size_t other = index_of(run, subject.against);
    found.figure = ratios->of(cell, other, gate.confidence);
    if (!found.figure.low)
      found.missing = few_values(ratios->blocks(cell, other), "blocks in common");
    return found;
  }
  const auto trials = valid_trials(run, subject.label);
  found.figure = estimate_of(trials, metric.figure, gate.confidence);
  if (!found.figure.low) found.missing = few_values(trials.size(), "trials that count");
  return found;
}

/// What happened in the run is known: the number is a point. Its share of all requests says
/// something of others, and so has an interval.
GateFigure counted_failures(const record::Run& run, const Gate& gate, const GateSubject& subject) {
  std::vector<stats::Part> trials;
  double failed = 0;
  for (const auto& trial : run.trials) {
    if (trial.label != subject.label || trial.purpose == record::Purpose::perturbation) continue;
    const auto& counts = trial.total;
    trials.push_back({counts.failed(), counts.failed() + counts.completed});
    failed += static_cast<double>(counts.failed());
  }
  if (trials.empty()) return {stats::ratio_interval({}), "no trial was made"};
  if (gate.metric->unit == record::GateUnit::requests) {
    return {{.estimate = failed, .low = failed, .high = failed, .confidence = gate.confidence}};
  }
  GateFigure found{.figure = stats::share_interval(trials, gate.confidence)};
  if (!found.figure.low) found.missing = few_values(trials.size(), "trials");
  return found;
}

/// A gate that cannot be read or is of nothing here: the store of another version has it.
record::JudgedGate not_understood(const std::string& text, const Error& error) {
  return {.gate = text, .why = error.what};
}

}  // namespace

std::vector<record::JudgedGate> judged_gates(const record::Run& run) {
  std::vector<record::JudgedGate> results;
  for (const auto& text : run.manifest.gates_asked) {
    const auto gate = parse_gate(text);
    if (!gate) {
      results.push_back(not_understood(text, gate.error()));
      continue;
    }
    const auto subjects = subjects_of(*gate, run.manifest.cells, run.manifest.baseline);
    if (!subjects) {
      results.push_back(not_understood(text, subjects.error()));
      continue;
    }
    std::optional<Ratios> ratios;
    if (gate->metric->is_ratio()) ratios.emplace(run, gate->metric->figure);
    for (const auto& subject : *subjects) {
      const bool counts = gate->metric->figure == nullptr;
      results.push_back(
          judged(*gate, subject,
                 counts ? counted_failures(run, *gate, subject)
                        : measured_figure(run, *gate, subject, ratios ? &*ratios : nullptr)));
    }
  }
  return results;
}

}  // namespace unrig::analysis
