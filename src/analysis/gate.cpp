#include "analysis/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/limits.h"
#include "base/number.h"
#include "base/text.h"
#include "base/units.h"
#include "plan/cells.h"

namespace unrig::analysis {
namespace {

using record::GateOutcome;
using record::GateUnit;

constexpr std::array metrics{GateMetric{"throughput", GateUnit::per_second, throughput},
                             GateMetric{"ratio", GateUnit::ratio, throughput},
                             GateMetric{"p50", GateUnit::microseconds, p50, 0.50},
                             GateMetric{"p90", GateUnit::microseconds, p90, 0.90},
                             GateMetric{"p95", GateUnit::microseconds, p95, 0.95},
                             GateMetric{"p99", GateUnit::microseconds, p99, 0.99},
                             GateMetric{"p999", GateUnit::microseconds, p999, 0.999},
                             GateMetric{"p50_ratio", GateUnit::ratio, p50, 0.50},
                             GateMetric{"p90_ratio", GateUnit::ratio, p90, 0.90},
                             GateMetric{"p95_ratio", GateUnit::ratio, p95, 0.95},
                             GateMetric{"p99_ratio", GateUnit::ratio, p99, 0.99},
                             GateMetric{"p999_ratio", GateUnit::ratio, p999, 0.999},
                             GateMetric{"failed", GateUnit::requests},
                             GateMetric{"failed_rate", GateUnit::fraction}};

constexpr std::array relations{
    Relation{"<", [](double figure, double bound) { return figure < bound; }},
    Relation{"<=", [](double figure, double bound) { return figure <= bound; }},
    Relation{">", [](double figure, double bound) { return figure > bound; }},
    Relation{">=", [](double figure, double bound) { return figure >= bound; }},
    Relation{"=", [](double figure, double bound) { return figure == bound; }}};
constexpr std::string_view signs_of_relations = "<>=!";

/// Below, an interval says nothing; above, it takes more trials than anybody makes.
constexpr Limits<double> confidence_limits{0.5, 0.9999};

constexpr const char* example = "write it like 'p99 < 50ms' or 'flask-gunicorn: ratio >= 1.2'";

/// k6's names, and the heads of the table.
std::string usual_name(std::string_view typed) {
  std::string name;
  for (const char letter : typed) {
    if (std::string_view("().").contains(letter)) continue;  // p(99.9), P99.9
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  if (name == "med") return "p50";
  if (name == "rate") return "failed_rate";
  return name;
}

Result<const GateMetric*> metric_of(std::string_view typed) {
  const auto found = std::ranges::find(metrics, usual_name(typed), &GateMetric::name);
  if (found != metrics.end()) return &*found;
  std::vector<std::string> names;
  for (const auto& metric : metrics) names.emplace_back(metric.name);
  const std::string near = typed.empty() ? "" : did_you_mean(usual_name(typed), names);
  return fail(ErrorKind::usage,
              typed.empty() ? "it does not say of what"
                            : fmt::format("there is no metric '{}'", printable(typed)),
              near.empty() ? "the metrics are " + join(names, ", ")
                           : fmt::format("did you mean '{}'?", near));
}

Result<const Relation*> relation_of(std::string_view typed) {
  const std::string_view usual = typed == "==" || typed == "===" ? "=" : typed;
  const auto found = std::ranges::find(relations, usual, &Relation::text);
  if (found != relations.end()) return &*found;
  return fail(ErrorKind::usage, fmt::format("'{}' compares nothing", typed),
              "compare with <, <=, >, >= or =");
}

Result<double> microseconds_of(std::string_view text) {
  const auto time = parse_duration(text);
  if (!time) return std::unexpected(time.error());
  return microseconds(*time);
}

Result<double> per_second_of(std::string_view text) {
  const auto rate = parse_rate(text);
  if (!rate) return std::unexpected(rate.error());
  return rate->per_second;
}

/// In the metric's unit.
Result<double> bound_of(const GateMetric& metric, std::string text) {
  std::erase(text, ' ');  // "50 ms"
  switch (metric.unit) {
    case GateUnit::per_second:
      return per_second_of(text);
    case GateUnit::microseconds:
      return microseconds_of(text);
    case GateUnit::fraction:
      return parse_fraction(text);
    case GateUnit::requests:
      if (const auto number = to_number<std::uint64_t>(text)) return static_cast<double>(*number);
      return fail(ErrorKind::usage, fmt::format("'{}' is no number of requests", printable(text)),
                  "write it like 'failed = 0', or as a share: 'failed_rate < 1%'");
    case GateUnit::ratio:
      break;
  }
  const auto number = to_number<double>(text);
  if (number && std::isfinite(*number) && *number > 0) return *number;
  return fail(ErrorKind::usage, fmt::format("'{}' is no ratio above 0", printable(text)),
              "write it like 1.2");
}

Result<double> confidence_of(std::string text) {
  std::erase(text, ' ');
  return parse_fraction_within(text, confidence_limits);
}

/// "METRIC RELATION BOUND [@ CONFIDENCE]" into the gate.
Result<> read_rule(std::string_view rule, Gate& gate) {
  const std::size_t begin = rule.find_first_of(signs_of_relations);
  if (begin == std::string_view::npos) {
    return fail(ErrorKind::usage, "it compares nothing", example);
  }
  if (const std::size_t at = rule.find('@', begin); at != std::string_view::npos) {
    const auto confidence = confidence_of(std::string(rule.substr(at + 1)));
    if (!confidence) return std::unexpected(confidence.error());
    gate.confidence = *confidence;
    rule = rule.substr(0, at);
  }
  const std::size_t end = std::min(rule.find_first_not_of(signs_of_relations, begin), rule.size());
  const auto metric = metric_of(trim(rule.substr(0, begin)));
  if (!metric) return std::unexpected(metric.error());
  const auto relation = relation_of(rule.substr(begin, end - begin));
  if (!relation) return std::unexpected(relation.error());
  const auto bound = bound_of(**metric, std::string(trim(rule.substr(end))));
  if (!bound) return std::unexpected(bound.error());
  if ((*relation)->text == "=" && (*metric)->unit != GateUnit::requests) {
    return fail(
        ErrorKind::usage,
        fmt::format("{} is known by an interval, which never equals one number", (*metric)->name),
        fmt::format("write it like {0} <= …, or {0} >= …", (*metric)->name));
  }
  gate.metric = *metric;
  gate.relation = *relation;
  gate.bound = *bound;
  return {};
}

bool is_called(const record::Cell& cell, const std::string& name) {
  return name == cell.label || name == cell.stack || name == plan::name_of(cell);
}

/// Error: usage: no cell is called as the gate says.
std::unexpected<Error> nothing_called_so(const Gate& gate, std::span<const record::Cell> cells) {
  std::vector<std::string> labels;
  for (const auto& cell : cells)
    if (cell.role != record::Role::baseline_double) labels.push_back(cell.label);
  std::vector<std::string> known = labels;
  for (const auto& cell : cells) known.push_back(cell.stack);
  const std::string near = did_you_mean(gate.name, known);
  return fail(ErrorKind::usage,
              fmt::format("'{}': nothing that is measured is called '{}'", printable(gate.text),
                          printable(gate.name)),
              near.empty() ? "what is measured is called " + printable(join(labels, ", "))
                           : fmt::format("did you mean '{}'?", printable(near)));
}

}  // namespace

std::span<const GateMetric> gate_metrics() {
  return metrics;
}

Result<Gate> parse_gate(std::string_view text) {
  Gate gate{.text = std::string(trim(text))};
  std::string_view rule = trim(text);
  Result<> read;
  // Names may have colons, as URLs do; what follows the last one has none.
  if (const std::size_t colon = rule.rfind(':'); colon != std::string_view::npos) {
    gate.name = trim(rule.substr(0, colon));
    rule = rule.substr(colon + 1);
    if (gate.name.empty()) read = fail(ErrorKind::usage, "nothing stands before ':'", example);
  }
  if (read) read = read_rule(rule, gate);
  if (read) return gate;
  read.error().what = fmt::format("'{}': {}", printable(gate.text), read.error().what);
  return std::unexpected(read.error());
}

Result<std::vector<GateSubject>> subjects_of(const Gate& gate, std::span<const record::Cell> cells,
                                             const std::string& baseline) {
  std::vector<GateSubject> subjects;
  std::string twin;  // of the baseline
  bool has_baseline = false;
  std::size_t others = 0;
  for (const auto& cell : cells) {
    if (cell.role == record::Role::baseline_double) {
      twin = cell.label;
      continue;
    }
    const bool is_baseline = cell.label == baseline;
    if (!is_baseline) ++others;
    if (!gate.name.empty() && !is_called(cell, gate.name)) continue;
    has_baseline = has_baseline || is_baseline;
    if (!gate.metric->is_ratio()) {
      subjects.push_back({cell.label, ""});
    } else if (!is_baseline) {
      subjects.push_back({cell.label, baseline});
    }
  }
  if (subjects.empty() && has_baseline && others == 0 && !twin.empty()) {
    subjects.push_back({baseline, twin});
  }
  if (!subjects.empty()) return subjects;
  if (has_baseline) {
    return fail(ErrorKind::usage,
                fmt::format("'{}': {} is what ratios are to, so that its own is 1",
                            printable(gate.text), printable(baseline)),
                "name another stack, or measure it beside itself: unrig compare STACK STACK");
  }
  return nothing_called_so(gate, cells);
}

GateOutcome judge(const Gate& gate, const stats::Estimate& figure) {
  if (!figure.low || !figure.high) return GateOutcome::undecided;
  const double low = *figure.low;
  const double high = *figure.high;
  if (std::isnan(low) || std::isnan(high)) return GateOutcome::undecided;
  const bool low_holds = gate.relation->holds(low, gate.bound);
  const bool high_holds = gate.relation->holds(high, gate.bound);
  if (low_holds && high_holds) return GateOutcome::passed;
  // What equals the bound may lie between two ends that do not.
  const bool around = low < gate.bound && gate.bound < high;
  return low_holds || high_holds || around ? GateOutcome::undecided : GateOutcome::failed;
}

record::JudgedGate judged(const Gate& gate, const GateSubject& subject, const GateFigure& found) {
  const auto& figure = found.figure;
  record::JudgedGate result{.gate = gate.text,
                            .label = subject.label,
                            .against = subject.against,
                            .metric = std::string(gate.metric->name),
                            .unit = gate.metric->unit,
                            .comparison = std::string(gate.relation->text),
                            .bound = gate.bound,
                            .low = figure.low,
                            .high = figure.high,
                            .confidence = gate.confidence,
                            .outcome = judge(gate, figure)};
  if (!std::isnan(figure.estimate)) result.estimate = figure.estimate;
  if (result.outcome == GateOutcome::undecided) {
    result.why = found.missing.empty() ? "the interval holds the bound" : found.missing;
  }
  return result;
}

}  // namespace unrig::analysis
