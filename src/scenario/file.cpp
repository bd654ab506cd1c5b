#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/toml_reader.h"
#include "scenario/scenario.h"
#include "scenario/toml_value.h"

namespace unrig::scenario {
namespace fs = std::filesystem;

std::optional<Count> to_count(const toml::table& table) {
  Count count;
  for (const auto& [key, node] : table) {
    const auto number = node.value_exact<int64_t>();
    if (!number || *number < 0 || *number > 100'000) return std::nullopt;
    const int value = static_cast<int>(*number);
    if (key == "per_core") {
      count.per_core = value;
    } else if (key == "per_worker") {
      count.per_worker = value;
    } else if (key == "per_sync_worker") {
      count.per_sync_worker = value;
    } else if (key == "plus") {
      count.fixed = value;
    } else {
      return std::nullopt;
    }
  }
  if (count.per_core == 0 && count.per_worker == 0 && count.per_sync_worker == 0)
    return std::nullopt;
  return count;
}

std::optional<Value> to_value(const toml::node& node) {
  if (const auto flag = node.value_exact<bool>()) return Value{*flag};
  if (const auto number = node.value_exact<int64_t>()) return Value{static_cast<long>(*number)};
  if (const auto number = node.value_exact<double>()) return Value{*number};
  if (const auto text = node.value_exact<std::string>()) return Value{*text};
  if (const auto* table = node.as_table()) {
    if (const auto count = to_count(*table)) return Value{*count};
    return std::nullopt;
  }
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  ValueList cores;
  for (const auto& item : *list) {
    const auto core = item.value_exact<int64_t>();
    if (!core || *core < 0 || *core > 4095) return std::nullopt;
    cores.push_back(static_cast<int>(*core));
  }
  return Value{cores};
}

namespace {

/// Reads one file into one scenario; carries what an error message needs.
class Reader {
 public:
  Reader(fs::path path, Scenario& scenario) : path_(std::move(path)), scenario_(scenario) {}

  Result<> read(const toml::table& table, const std::string& prefix = {}) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (auto done = read_one(name, node); !done) return done;
    }
    return {};
  }

 private:
  Result<> read_one(const std::string& name, const toml::node& node) {
    if (name == "description") {
      const auto text = node.value_exact<std::string>();
      if (!text) return at(node, "the key 'description' expects a text");
      scenario_.description = *text;
      return {};
    }
    if (name == "workers.stack") return read_stacks(node);
    if (const auto* table = node.as_table(); table != nullptr && !to_count(*table)) {
      return read(*table, name + ".");
    }
    const auto value = to_value(node);
    if (!value) return at(node, fmt::format("the key '{}' has a value that no knob takes", name));
    auto done = set(scenario_, name, *value);
    return done ? done : at(node, done.error().what, done.error().help);
  }

  Result<> read_stacks(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return at(node, "'workers.stack' expects a table of stack = count");
    for (const auto& [stack, workers] : *table) {
      const auto value = to_value(workers);
      if (!value) return at(workers, fmt::format("'{}' expects a count", stack.str()));
      Scenario probe;  // the knob workers.sync knows what a count is
      if (auto done = set(probe, "workers.sync", *value); !done || probe.workers_sync.tuned) {
        return at(workers, fmt::format("'{}' expects a count", stack.str()));
      }
      scenario_.workers_of[std::string(stack.str())] = probe.workers_sync.count;
    }
    return {};
  }

  std::unexpected<Error> at(const toml::node& node, const std::string& what,
                            const std::string& help = {}) const {
    return std::unexpected(toml_error(path_, node.source(), what, help));
  }

  fs::path path_;
  Scenario& scenario_;
};

}  // namespace

Result<Scenario> load(const fs::path& folder, std::string_view name_or_path) {
  const bool is_path = name_or_path.ends_with(".toml");
  const fs::path path =
      is_path ? fs::path(name_or_path) : folder / (std::string(name_or_path) + ".toml");
  if (!is_path) {
    const auto known = names(folder);
    if (std::find(known.begin(), known.end(), name_or_path) == known.end()) {
      const std::string near = did_you_mean(name_or_path, known);
      return fail(ErrorKind::usage,
                  fmt::format("there is no scenario '{}'", printable(name_or_path)),
                  near.empty() ? "unrig list scenarios" : fmt::format("did you mean '{}'?", near));
    }
  }
  const auto table = parse_toml(path);
  if (!table) return fail(ErrorKind::usage, table.error().what, table.error().help);
  Scenario scenario;
  scenario.name = path.stem().string();
  if (auto done = Reader(path, scenario).read(*table); !done) return std::unexpected(done.error());
  return scenario;
}

std::vector<std::string> names(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace unrig::scenario
