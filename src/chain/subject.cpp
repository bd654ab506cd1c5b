#include "chain/subject.h"

#include <fmt/format.h>

#include "scenario/knobs.h"

namespace unrig::chain {

void settle_own(scenario::Scenario& scenario) {
  scenario.app_key = scenario::AppKey::own;
  scenario.db_connection = scenario::Connection::none;
}

bool means_nothing_to_own(std::string_view knob) {
  return knob == "app.key" || knob.starts_with("db.") || knob.starts_with("driver.") ||
         knob.starts_with("pooler.");
}

Result<Subject> Subjects::of(const record::Cell& cell) const {
  const auto selection = stack::select(specs_, cell.stack, cell.vintage);
  if (!selection) return std::unexpected(selection.error());
  Subject subject{
      .selection = *selection, .scenario = scenario_, .workers = cell.workers, .label = cell.label};
  for (const auto& [knob, value] : cell.knobs) {
    if (auto set = scenario::set_text(subject.scenario, knob, value); !set) {
      return fail(ErrorKind::usage, fmt::format("{}: {}", cell.label, set.error().what),
                  set.error().help);
    }
  }
  if (subject.selection.spec->own) settle_own(subject.scenario);
  return subject;
}

Result<> Subjects::check_way(const Subject& subject) const {
  return stack::check_way(*subject.selection.spec, subject.scenario.way_to_app(), specs_);
}

}  // namespace unrig::chain
