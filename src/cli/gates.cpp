#include "cli/gates.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cli/option_values.h"

namespace unrig::cli {

void add_gates(CLI::App* sub, std::vector<analysis::Gate>& gates) {
  sub->add_option_function<std::vector<std::string>>(
         "--gate",
         [&gates](const std::vector<std::string>& texts) {
           gates.clear();
           for (const auto& text : texts) {
             auto gate = analysis::parse_gate(text);
             if (!gate) throw WrongValue("--gate", gate.error());
             gates.push_back(std::move(*gate));
           }
         },
         "exit with 99 where this does not hold, with 98 where that is open, by the whole "
         "interval: 'p99 < 50ms', 'NAME: ratio >= 1.2', 'throughput > 1000/s', 'failed = 0'")
      ->type_name("GATE")
      ->allow_extra_args(false);
}

Result<> use(std::span<const analysis::Gate> gates, campaign::Task& task) {
  if (gates.empty()) return {};
  task.gates.clear();
  for (const auto& gate : gates) {
    const auto subjects = analysis::subjects_of(gate, task.cells, task.baseline);
    if (!subjects) {
      return fail(subjects.error().kind, "--gate: " + subjects.error().what, subjects.error().help);
    }
    task.gates.push_back(gate.text);
  }
  return {};
}

int exit_code_of(std::span<const record::JudgedGate> gates) {
  constexpr int failed = 99;
  constexpr int undecided = 98;
  const auto any = [&](record::GateOutcome outcome) {
    return std::ranges::find(gates, outcome, &record::JudgedGate::outcome) != gates.end();
  };
  if (any(record::GateOutcome::failed)) return failed;
  return any(record::GateOutcome::undecided) ? undecided : 0;
}

}  // namespace unrig::cli
