#include "record/json.h"

namespace unrig::record {
namespace {

Json hop_to_json(const Hop& hop) {
  Json statements = Json::array();
  for (const auto& [text, per_request] : hop.statements)
    statements.push_back({{"text", text}, {"per_request", per_request}});
  return {{"from", hop.from},
          {"to", hop.to},
          {"connections", hop.connections},
          {"bytes_forth", hop.bytes_forth},
          {"bytes_back", hop.bytes_back},
          {"round_trips", or_null(hop.round_trips)},
          {"statements", statements}};
}

Hop hop_from_json(const Json& json) {
  Hop hop{.from = json.at("from"),
          .to = json.at("to"),
          .connections = json.at("connections"),
          .bytes_forth = json.at("bytes_forth"),
          .bytes_back = json.at("bytes_back")};
  if (const Json& trips = json.at("round_trips"); !trips.is_null()) hop.round_trips = trips;
  for (const Json& statement : json.at("statements"))
    hop.statements.push_back({statement.at("text"), statement.at("per_request")});
  return hop;
}

}  // namespace

Json to_json(const Claim& claim) {
  return {{"claim", claim.claim},
          {"expected", claim.expected},
          {"observed", claim.observed},
          {"ok", claim.ok ? Json(*claim.ok) : Json("not checked")}};
}

Claim claim_from_json(const Json& json) {
  Claim claim{
      .claim = json.at("claim"), .expected = json.at("expected"), .observed = json.at("observed")};
  if (const Json& ok = json.at("ok"); ok.is_boolean()) claim.ok = ok.get<bool>();
  return claim;
}

Json to_json(const Audit& audit) {
  Json hops = Json::array();
  for (const Hop& hop : audit.hops) hops.push_back(hop_to_json(hop));
  Json by_name = Json::array();
  for (const auto& [name, per_request] : audit.system_calls_by_name)
    by_name.push_back({{"name", name}, {"per_request", per_request}});
  return {{"requests", audit.requests},
          {"not_made", audit.not_made},
          {"hops", hops},
          {"log_lines", or_null(audit.log_lines)},
          {"system_calls", audit.system_calls ? Json(*audit.system_calls) : Json("not checked")},
          {"system_calls_by_name", by_name},
          {"system_calls_not_checked", audit.system_calls_not_checked},
          {"processes", or_null(audit.processes)},
          {"threads", or_null(audit.threads)},
          {"memory_bytes", or_null(audit.memory_bytes)}};
}

Audit audit_from_json(const Json& json) {
  Audit audit;
  audit.requests = json.at("requests");
  audit.not_made = json.at("not_made");
  for (const Json& hop : json.at("hops")) audit.hops.push_back(hop_from_json(hop));
  audit.log_lines = optional_at<double>(json, "log_lines");
  if (const Json& calls = json.at("system_calls"); calls.is_number()) audit.system_calls = calls;
  for (const Json& call : json.at("system_calls_by_name"))
    audit.system_calls_by_name.emplace_back(call.at("name"), call.at("per_request"));
  audit.system_calls_not_checked = json.at("system_calls_not_checked");
  audit.processes = optional_at<int>(json, "processes");
  audit.threads = optional_at<int>(json, "threads");
  audit.memory_bytes = optional_at<std::int64_t>(json, "memory_bytes");
  return audit;
}

}  // namespace unrig::record
