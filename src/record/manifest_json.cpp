#include <algorithm>
#include <set>

#include "record/json.h"

namespace unrig::record {
namespace {

Pairs pairs_from_json(const Json& object) {
  Pairs pairs;
  for (const auto& [name, value] : object.items()) pairs.emplace_back(name, value);
  return pairs;
}

Json to_json(const Cell& cell) {
  return {{"label", cell.label},         {"stack", cell.stack},
          {"vintage", cell.vintage},     {"framework", cell.framework},
          {"server", cell.server},       {"concurrency", cell.concurrency},
          {"workers", cell.workers},     {"knobs", record::to_json(cell.knobs)},
          {"role", to_text(cell.role)},  {"note", cell.note},
          {"hash", cell.hash},           {"lock", cell.lock},
          {"failure", cell.failure},     {"claims", list_to_json(cell.claims)},
          {"audit", to_json(cell.audit)}};
}

Json to_json(const Tuned& tuned) {
  Json tried = Json::array();
  for (const auto& [workers, rate] : tuned.tried)
    tried.push_back({{"workers", workers}, {"throughput_per_s", rate}});
  return {{"knob", tuned.knob}, {"stack", tuned.stack}, {"workers", tuned.workers},
          {"how", tuned.how},   {"run", tuned.run},     {"note", tuned.note},
          {"tried", tried}};
}

Tuned tuned_from_json(const Json& json) {
  Tuned tuned{.knob = json.at("knob"),
              .stack = json.at("stack"),
              .workers = json.at("workers"),
              .how = json.at("how"),
              .run = json.at("run"),
              .note = json.at("note")};
  for (const Json& step : json.at("tried"))
    tuned.tried.emplace_back(step.at("workers"), step.at("throughput_per_s"));
  return tuned;
}

Json to_json(const std::optional<Matched>& matched) {
  if (!matched) return nullptr;
  return {{"stack", matched->stack},
          {"wanted_per_s", matched->wanted_per_s},
          {"cpus", matched->cpus},
          {"served_per_s",
           {{"estimate", matched->served_per_s},
            {"low", or_null(matched->low_per_s)},
            {"high", or_null(matched->high_per_s)},
            {"confidence", 0.95}}},
          {"run", matched->run}};
}

Matched matched_from_json(const Json& json) {
  const Json& served = json.at("served_per_s");
  return {.stack = json.at("stack"),
          .wanted_per_s = json.at("wanted_per_s"),
          .cpus = json.at("cpus"),
          .served_per_s = served.at("estimate"),
          .low_per_s = optional_at<double>(served, "low"),
          .high_per_s = optional_at<double>(served, "high"),
          .run = json.at("run")};
}

Role role_from(std::string_view text) {
  for (const Role role : {Role::baseline_double, Role::grid_step, Role::perturbation}) {
    if (text == to_text(role)) return role;
  }
  return Role::asked;
}

Cell cell_from_json(const Json& json) {
  Cell cell{.stack = json.at("stack"),
            .vintage = json.at("vintage"),
            .framework = json.at("framework"),
            .server = json.at("server"),
            .concurrency = json.at("concurrency"),
            .note = json.at("note"),
            .hash = json.at("hash"),
            .lock = json.at("lock"),
            .workers = json.at("workers"),
            .failure = json.at("failure"),
            .label = json.at("label")};
  // Runs kept by earlier versions have neither.
  if (json.contains("claims")) {
    for (const Json& claim : json.at("claims")) cell.claims.push_back(claim_from_json(claim));
  }
  if (json.contains("audit")) cell.audit = audit_from_json(json.at("audit"));
  if (json.contains("knobs")) cell.knobs = pairs_from_json(json.at("knobs"));
  if (json.contains("role")) cell.role = role_from(json.at("role").get<std::string>());
  return cell;
}

/// Runs of earlier versions told by labels and numbers of workers what roles and knobs tell now.
void add_roles_of_earlier(Manifest& manifest) {
  std::set<int> numbers;
  for (Cell& cell : manifest.cells) {
    if (cell.label == manifest.baseline + " (again)") cell.role = Role::baseline_double;
    const Cell& first = manifest.cells.front();
    if (same_stack(cell, first)) numbers.insert(cell.workers);
  }
  if (numbers.size() < 2 || numbers.size() != manifest.cells.size()) return;
  for (Cell& cell : manifest.cells) {
    const bool is_async = cell.concurrency.starts_with("async");
    cell.role = Role::grid_step;
    cell.knobs = {{is_async ? "workers.async" : "workers.sync", std::to_string(cell.workers)}};
  }
}

host::Facts facts_from_json(const Json& json) {
  return {.hostname = json.at("hostname"),
          .os = json.at("os"),
          .kernel = json.at("kernel"),
          .cpu_model = json.at("cpu_model"),
          .cores = json.at("cores"),
          .memory_bytes = optional_at<std::int64_t>(json, "memory_bytes").value_or(0),
          .virtualization = json.at("virtualization"),
          .settings = pairs_from_json(json.at("settings"))};
}

/// What runs of earlier versions lack.
void read_later_keys(const Json& json, Manifest& manifest) {
  manifest.stack_folders = json.value("stack_folders", std::vector<std::string>{});
  if (json.contains("python") && !json.at("python").is_null()) manifest.python = json.at("python");
  manifest.patience_seconds = json.value("patience_seconds", 0.0);
  manifest.accept_noise = json.value("accept_noise", false);
  manifest.confirms_until_precise = json.value("confirms_until_precise", false);
  manifest.search = json.value("search", false);
  if (json.contains("tuned")) {
    for (const Json& tuned : json.at("tuned")) manifest.tuned.push_back(tuned_from_json(tuned));
  }
  if (json.contains("matched") && !json.at("matched").is_null())
    manifest.matched = matched_from_json(json.at("matched"));
  if (json.contains("confirmation_blocks") && !json.at("confirmation_blocks").is_null()) {
    manifest.confirmation_blocks = json.at("confirmation_blocks").get<int>();
  }
}

Manifest read_manifest(const Json& json) {
  Manifest manifest;
  manifest.run = json.at("run");
  manifest.unrig_version = json.at("unrig").at("version");
  manifest.unrig_commit = json.at("unrig").at("commit");
  manifest.started_at = json.at("started_at");
  manifest.command_line = json.at("command_line").get<std::vector<std::string>>();
  manifest.seed = json.at("seed");
  manifest.blocks = json.at("blocks");
  manifest.precision = json.at("precision");
  manifest.margin = json.at("margin");
  manifest.warmup_seconds = json.at("warmup_seconds");
  manifest.duration_seconds = json.at("duration_seconds");
  manifest.scenario = json.at("scenario").at("name");
  manifest.knobs = pairs_from_json(json.at("scenario").at("knobs"));
  manifest.versions = pairs_from_json(json.at("versions"));
  manifest.host = facts_from_json(json.at("host"));
  read_later_keys(json, manifest);
  manifest.baseline = json.at("baseline");
  for (const Json& cell : json.at("cells")) manifest.cells.push_back(cell_from_json(cell));
  const bool of_earlier = std::ranges::none_of(
      json.at("cells"), [](const Json& cell) { return cell.contains("role"); });
  if (of_earlier) add_roles_of_earlier(manifest);
  return manifest;
}

}  // namespace

Json to_json(const Pairs& pairs) {
  Json object = Json::object();
  for (const auto& [name, value] : pairs) object[name] = value;
  return object;
}

Json to_json(const host::Facts& facts) {
  return {{"hostname", facts.hostname},
          {"os", facts.os},
          {"kernel", facts.kernel},
          {"cpu_model", facts.cpu_model},
          {"cores", facts.cores},
          {"memory_bytes", facts.memory_bytes > 0 ? Json(facts.memory_bytes) : Json(nullptr)},
          {"virtualization", facts.virtualization},
          {"settings", to_json(facts.settings)}};
}

Json to_json(const Manifest& manifest) {
  Json json;
  json["run"] = manifest.run;
  json["unrig"] = {{"version", manifest.unrig_version}, {"commit", manifest.unrig_commit}};
  json["started_at"] = manifest.started_at;
  json["command_line"] = manifest.command_line;
  json["seed"] = manifest.seed;
  json["blocks"] = manifest.blocks;
  json["precision"] = manifest.precision;
  json["margin"] = manifest.margin;
  json["warmup_seconds"] = manifest.warmup_seconds;
  json["duration_seconds"] = manifest.duration_seconds;
  json["scenario"] = {{"name", manifest.scenario}, {"knobs", to_json(manifest.knobs)}};
  json["versions"] = to_json(manifest.versions);
  json["host"] = to_json(manifest.host);
  json["stack_folders"] = manifest.stack_folders;
  json["python"] = manifest.python.empty() ? Json(nullptr) : Json(manifest.python);
  json["patience_seconds"] = manifest.patience_seconds;
  json["accept_noise"] = manifest.accept_noise;
  json["confirmation_blocks"] = nullptr;
  if (manifest.confirmation_blocks) json["confirmation_blocks"] = *manifest.confirmation_blocks;
  json["confirms_until_precise"] = manifest.confirms_until_precise;
  json["search"] = manifest.search;
  json["tuned"] = Json::array();
  for (const Tuned& tuned : manifest.tuned) json["tuned"].push_back(to_json(tuned));
  json["matched"] = to_json(manifest.matched);
  json["baseline"] = manifest.baseline;
  json["cells"] = Json::array();
  for (const Cell& cell : manifest.cells) json["cells"].push_back(to_json(cell));
  return json;
}

Result<Manifest> manifest_from_json(std::string_view text) {
  try {
    return read_manifest(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorKind::internal,
                std::string("a stored manifest cannot be read: ") + error.what());
  }
}

}  // namespace unrig::record
