/// \file
/// The knobs of a scenario by name: what they are called, what they take, how one is set.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "scenario/scenario.h"

namespace unrig::scenario {

/// In cores. A quota is dealt out every 10 ms (host/quota.h), and the kernel deals out no less than
/// 1 ms.
inline constexpr double least_cpu_time = 0.1;

/// A value as a file or `--set` gives it.
struct Value;
using ValueList = std::vector<int>;
struct Value {
  std::variant<bool, long, double, std::string, Count, ValueList> data;
};

/// One knob. `set` checks the value; its error names what is expected.
struct Knob {
  std::string_view name;
  std::string_view unit;  ///< what a value looks like: "duration", "count", "true|false", …
  std::string_view help;
  Result<> (*set)(Scenario&, const Value&);
  std::string (*get)(const Scenario&);  ///< as TOML writes it, so that it can be read back
  std::string (*limits)();              ///< "1 to 512"; "" where `unit` says all
  /// Whether a number that scales is within them on a machine; the name is the knob's.
  Result<> (*check)(const Scenario&, std::string_view name, int cores, int workers);
};
[[nodiscard]] std::span<const Knob> knobs();

/// More worker processes than any machine could keep busy.
inline constexpr int most_workers = 512;

/// Whether every number that scales is within its limits on a machine with `cores` cores, for a
/// stack of `workers` workers. Error: usage, with the knob and what to set.
[[nodiscard]] Result<> check_counts(const Scenario& scenario, int cores, int workers);

/// Whether this machine, whose `usable` cores may be used, has the one that the scenario asks for,
/// and every core that a knob names is in it. Error: usage, with the knob.
[[nodiscard]] Result<> check_cores(const Scenario& scenario, std::span<const int> usable);

/// Sets one knob. Error: usage, with did-you-mean for an unknown name.
[[nodiscard]] Result<> set(Scenario& scenario, std::string_view knob, const Value& value);

/// The same from a text: TOML, or a bare text ("20ms").
[[nodiscard]] Result<> set_text(Scenario& scenario, std::string_view knob, std::string_view text);

/// Sets one knob from "NAME=VALUE", as `--set` takes it. Error: usage, with the assignment.
[[nodiscard]] Result<> set_from_text(Scenario& scenario, std::string_view assignment);

}  // namespace unrig::scenario
