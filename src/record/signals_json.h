/// \file
/// Signals, conditions and events of a trial as JSON. Names and units are those of docs/output.md.
#pragma once

#include "record/json.h"
#include "record/signals.h"

namespace unrig::record {

/// One object by component, each with a value or null by signal and, of those that are null, the
/// reason in `not_checked`. Null where there are none: records kept by earlier versions.
[[nodiscard]] Json to_json(const Signals& signals);
[[nodiscard]] Json to_json(const std::optional<Conditions>& conditions);
[[nodiscard]] Json to_json(const Events& events);

/// Throw Json::exception when it is no such thing. From null: nothing was kept.
[[nodiscard]] Signals signals_from_json(const Json& json);
[[nodiscard]] std::optional<Conditions> conditions_from_json(const Json& json);
[[nodiscard]] Events events_from_json(const Json& json);

}  // namespace unrig::record
