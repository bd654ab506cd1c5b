/// \file
/// From a TOML node to the value of a knob. Inside this module only.
#pragma once

#include <toml++/toml.h>
#include <optional>

#include "scenario/scenario.h"

namespace unrig::scenario {

/// Nothing for a node that no knob could take (a date, a nested list, a table that is no count).
[[nodiscard]] std::optional<Value> to_value(const toml::node& node);

/// Whether a table is a count: { per_core, per_worker, per_sync_worker, plus } and nothing else, at
/// least one.
[[nodiscard]] std::optional<Count> to_count(const toml::table& table);

}  // namespace unrig::scenario
