#include "record/signals.h"

#include <algorithm>

namespace unrig::record {

std::string_view to_text(Component component) {
  switch (component) {
    case Component::load:
      return "load";
    case Component::proxy:
      return "proxy";
    case Component::app:
      return "app";
    case Component::pooler:
      return "pooler";
    case Component::database:
      return "database";
    case Component::machine:
      return "machine";
  }
  return "machine";
}

std::optional<Component> component_from(std::string_view name) {
  const auto found =
      std::ranges::find_if(all_components, [&](Component each) { return to_text(each) == name; });
  return found == all_components.end() ? std::nullopt : std::optional(*found);
}

const ProcessSignals* Signals::of(Component component) const {
  const auto found = processes.find(component);
  return found == processes.end() ? nullptr : &found->second;
}

}  // namespace unrig::record
