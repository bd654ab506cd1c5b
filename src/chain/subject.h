/// \file
/// What the names in a cell mean on this machine: which stack it is, with which settings.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::chain {

/// One stack in one scenario.
struct Subject {
  stack::Selection selection;
  scenario::Scenario scenario;  ///< the run's, with the cell's own knobs
  int workers = 1;
  std::string label;  ///< of the cell
};

/// What an application of somebody's own (stack::StackSpec::own) makes of a scenario: it names no
/// rows, and asks no database of unrig's.
void settle_own(scenario::Scenario& scenario);
/// Whether the knob is of the rows and the database that such an application knows nothing of.
[[nodiscard]] bool means_nothing_to_own(std::string_view knob);

/// Finds the subjects of one run's cells. Pure.
class Subjects {
 public:
  /// `specs` must outlive it and what it finds. `scenario`: that of the run.
  Subjects(std::span<const stack::StackSpec> specs, scenario::Scenario scenario)
      : specs_(specs), scenario_(std::move(scenario)) {}
  /// Error: usage: there is no such stack or vintage, or a knob of the cell's is none.
  [[nodiscard]] Result<Subject> of(const record::Cell& cell) const;
  /// Whether the subject's proxy can speak to its server as its scenario says. Error: usage, with
  /// the stacks whose servers can be spoken to so.
  [[nodiscard]] Result<> check_way(const Subject& subject) const;
  [[nodiscard]] const scenario::Scenario& of_run() const { return scenario_; }

 private:
  std::span<const stack::StackSpec> specs_;
  scenario::Scenario scenario_;
};

}  // namespace unrig::chain
