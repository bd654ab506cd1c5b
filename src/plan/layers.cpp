#include "plan/layers.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

#include "plan/cells.h"
#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

/// A knob of a layer, its two values as TOML, and whether it means something without a proxy.
struct Layer {
  std::string_view knob, one, other;
  bool of_proxy = false;
};

constexpr std::array layers{
    Layer{"proxy.enabled", "true", "false"},
    Layer{"pooler.enabled", "true", "false"},
    Layer{"db.connection", "\"per-request\"", "\"pooled\""},
    Layer{"client.keep_alive", "true", "false"},
    Layer{"proxy.keep_alive", "true", "false", true},
    Layer{"proxy.access_log", "true", "false", true},
};

}  // namespace

std::vector<record::Pairs> layer_changes(const scenario::Scenario& scenario) {
  std::vector<record::Pairs> changes;
  for (const Layer& layer : layers) {
    if (layer.of_proxy && !scenario.proxy_enabled) continue;
    const auto knob = std::ranges::find(scenario::knobs(), layer.knob, &scenario::Knob::name);
    assert(knob != scenario::knobs().end());
    const bool is_one = knob->get(scenario) == layer.one;
    changes.push_back({{std::string(layer.knob), std::string(is_one ? layer.other : layer.one)}});
  }
  return changes;
}

std::vector<record::Cell> changed(const record::Cell& cell,
                                  const std::vector<record::Pairs>& changes) {
  std::vector<record::Cell> cells{cell};
  for (const auto& change : changes) {
    record::Cell next = cell;
    next.role = record::Role::perturbation;
    next.label += " " + setting_text(change);
    next.knobs.insert(next.knobs.end(), change.begin(), change.end());
    cells.push_back(std::move(next));
  }
  return cells;
}

}  // namespace unrig::plan
