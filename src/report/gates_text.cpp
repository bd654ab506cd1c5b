#include "report/gates_text.h"

#include <fmt/format.h>

#include <vector>

#include "base/text.h"
#include "report/load_times.h"
#include "report/table.h"

namespace unrig::report {
namespace {

std::string number_text(record::GateUnit unit, double value) {
  switch (unit) {
    case record::GateUnit::per_second:
      return fmt::format("{:.{}f}/s", value, value < 100 ? 1 : 0);
    case record::GateUnit::microseconds:
      return time_text(value);
    case record::GateUnit::ratio:
      return fmt::format("{:.3f}", value);
    case record::GateUnit::requests:
      return fmt::format("{:.0f}", value);
    case record::GateUnit::fraction:
      return fmt::format("{:.3g} %", value * 100);
  }
  return {};
}

}  // namespace

std::string gate_title(const record::JudgedGate& gate) {
  if (gate.label.empty()) return gate.gate;
  const std::size_t colon = gate.gate.rfind(':');
  const std::string rule = colon == std::string::npos ? gate.gate : gate.gate.substr(colon + 1);
  return fmt::format("{}: {}", gate.label, trim(rule));
}

std::string gate_figure(const record::JudgedGate& gate) {
  if (!gate.estimate) return "-";
  std::string text = number_text(gate.unit, *gate.estimate);
  if (gate.unit == record::GateUnit::requests || !gate.low || !gate.high) return text;
  text += fmt::format(" [{}, {}]", number_text(gate.unit, *gate.low),
                      number_text(gate.unit, *gate.high));
  constexpr double usual = 0.95;
  return gate.confidence == usual ? text : fmt::format("{} at {:g} %", text, gate.confidence * 100);
}

std::string gate_outcome(const record::JudgedGate& gate) {
  std::string text(to_text(gate.outcome));
  if (!gate.why.empty()) text += ": " + gate.why.substr(0, gate.why.find('\n'));
  return text;
}

std::string gates_text(std::span<const record::JudgedGate> gates, const Look& look) {
  if (gates.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto& gate : gates)
    rows.push_back({gate_title(gate), gate_figure(gate), gate_outcome(gate)});
  return table({{"Gate"}, {"Measured"}, {.head = "Outcome", .wraps = true}}, rows, look);
}

}  // namespace unrig::report
