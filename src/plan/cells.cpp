#include "plan/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "plan/workers.h"
#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

using Setting = record::Pairs::value_type;

/// The parts between commas that stand outside of brackets, braces and quotes.
std::vector<std::string_view> values_in(std::string_view text) {
  std::vector<std::string_view> values;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  values.push_back(trim(text.substr(begin)));
  return values;
}

std::string in_force(const scenario::Scenario& scenario, std::string_view knob) {
  const auto found = std::ranges::find(scenario::knobs(), knob, &scenario::Knob::name);
  return found == scenario::knobs().end() ? "" : found->get(scenario);
}

/// What a look before the first trial does not see.
bool matters_to_a_look(const Setting& setting) {
  constexpr std::array of_the_load{
      "clients",   "think_time",     "arrival.rate",   "arrival.process",   "client.timeout",
      "cpus.load", "load.real_time", "machine.cpu",    "machine.with_load", "quota.proxy",
      "quota.app", "quota.pooler",   "quota.database", "watch.signals"};
  return setting.first != "db.delay" &&
         std::ranges::find(of_the_load, setting.first) == of_the_load.end();
}

bool is_own(std::span<const Axis> axes, const Setting& setting) {
  const auto axis = std::ranges::find(axes, setting.first, &Axis::knob);
  return axis->own && axis->values[*axis->own] == setting.second;
}

bool alike(const record::Cell& a, const record::Cell& b) {
  const auto seen = [](record::Pairs knobs) {
    std::erase_if(knobs, [](const auto& setting) { return !matters_to_a_look(setting); });
    return knobs;
  };
  return same_stack(a, b) && a.workers == b.workers && seen(a.knobs) == seen(b.knobs);
}

}  // namespace

record::Cell double_of(record::Cell baseline) {
  baseline.label += " (again)";
  baseline.role = record::Role::baseline_double;
  return baseline;
}

Result<Axis> axis_from(std::string_view text, const scenario::Scenario& scenario) {
  const auto at = text.find('=');
  const auto wrong = [&](std::string_view what, const std::string& help) {
    return fail(ErrorKind::usage, fmt::format("--vary {}: {}", printable(text), what), help);
  };
  if (at == std::string_view::npos || trim(text.substr(0, at)).empty()) {
    return wrong("it is no KNOB=VALUE,VALUE", "write it like --vary db.delay=10ms,20ms,40ms");
  }
  Axis axis{.knob = std::string(trim(text.substr(0, at))), .values = {}, .own = {}};
  const std::string own = in_force(scenario, axis.knob);
  for (const std::string_view value : values_in(text.substr(at + 1))) {
    if (value.empty()) return wrong("a value is empty", "leave the comma out");
    scenario::Scenario with = scenario;
    if (auto set = scenario::set_text(with, axis.knob, value); !set) {
      return wrong(set.error().what, set.error().help);
    }
    const std::string now = in_force(with, axis.knob);
    if (std::ranges::find(axis.values, now) != axis.values.end()) {
      return wrong(fmt::format("it names {} twice", value_text(now)), "leave one of them out");
    }
    if (now == own) axis.own = axis.baseline = axis.values.size();
    axis.values.push_back(now);
  }
  return axis;
}

std::vector<record::Cell> grid(std::span<const record::Cell> cells, std::span<const Axis> axes) {
  std::vector<record::Pairs> settings{{}};
  for (const Axis& axis : axes) {
    std::vector<record::Pairs> longer;
    for (const auto& setting : settings) {
      for (const auto& value : axis.values) {
        longer.push_back(setting);
        longer.back().emplace_back(axis.knob, value);
      }
    }
    settings = std::move(longer);
  }
  std::vector<record::Cell> made;
  for (const auto& setting : settings) {
    for (record::Cell cell : cells) {
      if (!axes.empty()) {
        cell.role = record::Role::grid_step;
        cell.label += " " + setting_text(setting);
        cell.knobs = setting;
        std::erase_if(cell.knobs, [&](const auto& pair) { return is_own(axes, pair); });
      }
      made.push_back(std::move(cell));
    }
  }
  return made;
}

bool has_baseline_setting(const record::Cell& cell, std::span<const Axis> axes) {
  return std::ranges::all_of(axes, [&](const Axis& axis) {
    const auto its = std::ranges::find(cell.knobs, axis.knob, &Setting::first);
    return its == cell.knobs.end() ? axis.own == axis.baseline
                                   : its->second == axis.values[axis.baseline];
  });
}

std::size_t beside(std::span<const record::Cell> cells, std::size_t baseline, std::size_t index) {
  const record::Cell& own = cells[index];
  if (same_stack(own, cells[baseline])) return baseline;
  const auto found = std::ranges::find_if(cells, [&](const record::Cell& cell) {
    return same_stack(cell, cells[baseline]) && cell.knobs == own.knobs;
  });
  return found == cells.end() ? baseline : static_cast<std::size_t>(found - cells.begin());
}

std::string value_of(const record::Manifest& manifest, const record::Cell& cell,
                     std::string_view knob) {
  for (const record::Pairs* pairs : {&cell.knobs, &manifest.knobs}) {
    const auto found = std::ranges::find(*pairs, knob, &Setting::first);
    if (found != pairs->end()) return found->second;
  }
  return {};
}

std::string value_text(std::string value) {
  std::erase_if(value, [](char c) { return c == '"' || c == ' '; });
  return value;
}

std::string setting_text(const record::Pairs& knobs) {
  std::vector<std::string> parts;
  for (const auto& [knob, value] : knobs) {
    parts.push_back(fmt::format("{}={}", sets_workers(knob) ? "workers" : knob, value_text(value)));
  }
  return join(parts, " ");
}

std::string name_of(const record::Cell& cell) {
  std::string with_vintage = cell.stack + "@" + cell.vintage;
  return cell.label.starts_with(with_vintage) ? with_vintage : cell.stack;
}

std::vector<std::size_t> first_alike(std::span<const record::Cell> cells) {
  std::vector<std::size_t> first;
  for (const record::Cell& cell : cells) {
    const auto same = [&](const record::Cell& other) { return alike(cell, other); };
    first.push_back(static_cast<std::size_t>(std::ranges::find_if(cells, same) - cells.begin()));
  }
  return first;
}

std::size_t looks(std::span<const record::Cell> cells) {
  const auto first = first_alike(cells);
  std::size_t number = 0;
  for (std::size_t i = 0; i < first.size(); ++i) number += first[i] == i ? 1 : 0;
  return number;
}

}  // namespace unrig::plan
