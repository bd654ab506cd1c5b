/// \file
/// Records as JSON: for the store and for scripts. Names and units are those of docs/output.md.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"

namespace unrig::record {

using Json = nlohmann::ordered_json;

template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
/// Not set where it is null, or not there: records kept by earlier versions have fewer figures.
template <class T>
[[nodiscard]] std::optional<T> optional_at(const Json& json, const char* name) {
  if (!json.contains(name) || json.at(name).is_null()) return std::nullopt;
  return json.at(name).get<T>();
}

[[nodiscard]] Json to_json(const tally::Counts& counts);
/// Every class, zeros too.
[[nodiscard]] Json failures_to_json(const tally::Counts& counts);
/// "200": how many whole answers had this status, for each that occurred.
[[nodiscard]] Json statuses_to_json(const std::map<int, std::uint64_t>& statuses);
[[nodiscard]] Json to_json(const Quantiles& quantiles);
[[nodiscard]] Json to_json(const Verdict& verdict);
[[nodiscard]] Json to_json(const Limiter& limiter);
[[nodiscard]] Json to_json(const Trial& trial);
[[nodiscard]] Json to_json(const NotChecked& figure);
[[nodiscard]] Json to_json(const Claim& claim);
[[nodiscard]] Json to_json(const Audit& audit);
[[nodiscard]] Json to_json(const Pairs& pairs);
[[nodiscard]] Json to_json(const host::Facts& facts);
[[nodiscard]] Json to_json(const Manifest& manifest);

/// Throw Json::exception when it is no such thing.
[[nodiscard]] Claim claim_from_json(const Json& json);
[[nodiscard]] Audit audit_from_json(const Json& json);

template <class T>
[[nodiscard]] Json list_to_json(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

/// Error: internal, when the text is not such a record.
[[nodiscard]] Result<Trial> trial_from_json(std::string_view text);
[[nodiscard]] Result<Manifest> manifest_from_json(std::string_view text);

/// The document as text; broken UTF-8 inside is replaced, never an error.
[[nodiscard]] std::string dump(const Json& document, int indent = -1);

}  // namespace unrig::record
