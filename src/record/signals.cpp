#include "record/signals.h"

#include <algorithm>

#include "record/trial_description.h"

namespace unrig::record {
namespace {

/// The visitor that gives reasons.
class Explainer {
 public:
  explicit Explainer(const std::string& why) : why_(why) {}

  void field(const char*, auto&, Mark = Mark::always) {}
  template <class T>
  void field(const char*, Reading<T>& reading, Mark = Mark::always) {
    if (reading.why() == Reading<T>::nobody_looked) reading = Reading<T>::not_checked(why_);
  }
  void group(const char*, const auto& members) { members(*this); }
  template <class Value>
  void entry(Component key, std::map<Component, Value>& map, const auto& members) {
    if (const auto found = map.find(key); found != map.end()) members(*this, found->second);
  }
  void readings(const auto& members) { members(*this); }

 private:
  const std::string& why_;
};

}  // namespace

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

Quotas Quotas::in(const scenario::Scenario& scenario) {
  return {.proxy = scenario.quota_proxy,
          .app = scenario.quota_app,
          .pooler = scenario.quota_pooler,
          .database = scenario.quota_database};
}

double Quotas::of(Component part) const {
  switch (part) {
    case Component::proxy:
      return proxy;
    case Component::app:
      return app;
    case Component::pooler:
      return pooler;
    case Component::database:
      return database;
    case Component::load:
    case Component::machine:
      return 0;
  }
  return 0;
}

void Signals::explain_unread(const std::string& why) {
  Explainer explainer(why);
  Description<Signals>::visit(explainer, *this);
}

const ProcessSignals* Signals::of(Component component) const {
  const auto found = processes.find(component);
  return found == processes.end() ? nullptr : &found->second;
}

}  // namespace unrig::record
