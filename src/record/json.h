/// \file
/// Records as JSON: for the store and for scripts. Names and units are those of docs/output.md;
/// which they are stands in record/description.h.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "record/check.h"
#include "record/examination.h"
#include "record/gate.h"
#include "record/json_text.h"
#include "record/record.h"

namespace unrig::record {

using Json = nlohmann::ordered_json;

template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

[[nodiscard]] Json to_json(const tally::Counts& counts);
/// Every class, zeros too.
[[nodiscard]] Json failures_to_json(const tally::Counts& counts);
/// "200": how many whole answers had this status, for each that occurred.
[[nodiscard]] Json statuses_to_json(const std::map<int, std::uint64_t>& statuses);
[[nodiscard]] Json to_json(const Limiter& limiter);
[[nodiscard]] Json to_json(const Trial& trial);
[[nodiscard]] Json to_json(const NotChecked& figure);
[[nodiscard]] Json to_json(const Claim& claim);
[[nodiscard]] Json to_json(const Audit& audit);
[[nodiscard]] Json to_json(const Pairs& pairs);
[[nodiscard]] Json to_json(const Manifest& manifest);
[[nodiscard]] Json to_json(const std::vector<JudgedGate>& gates);
[[nodiscard]] Json to_json(const Finding& finding);
/// The whole unrig.doctor/1.
[[nodiscard]] Json to_json(const Examination& seen);
/// The whole unrig.check/1.
[[nodiscard]] Json to_json(const Check& check);

/// The document as text; broken UTF-8 inside is replaced, never an error.
[[nodiscard]] std::string dump(const Json& document, int indent = -1);

}  // namespace unrig::record
