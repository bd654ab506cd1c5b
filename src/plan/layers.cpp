#include "plan/layers.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>

#include "plan/cells.h"
#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

/// A knob of a layer, the value that changes it, as TOML, what is taken where the scenario has that
/// one, and whether it means something without a proxy.
struct Layer {
  std::string_view knob, one, other;
  bool of_proxy = false;
};

constexpr std::array layers{
    Layer{"proxy.enabled", "false", "true"},
    Layer{"pooler.enabled", "false", "true"},
    Layer{"db.connection", "\"pooled\"", "\"per-request\""},
    Layer{"db.connection", "\"none\"", "\"per-request\""},
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
    record::Pairs change{{std::string(layer.knob), std::string(is_one ? layer.other : layer.one)}};
    if (std::ranges::find(changes, change) == changes.end()) changes.push_back(std::move(change));
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
