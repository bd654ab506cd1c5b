#include "runtime/python/vintage.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/toml_reader.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

Result<GroupSpec> read_group(const fs::path& file, const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr)
    return std::unexpected(toml_error(file, node.source(), "a group must be a table"));
  TableReader reader(file, *table);
  GroupSpec group;
  group.after = reader.text("after", "");
  group.no_cache = reader.flag("no_cache", false);
  if (const auto* variables = reader.table("environment")) {
    for (const auto& [name, value] : *variables) {
      if (const auto text = value.value_exact<std::string>()) {
        group.environment.emplace(name.str(), *text);
      } else {
        reader.reject(value.source(), fmt::format("'{}' must be a text", name.str()));
      }
    }
  }
  if (const auto done = reader.finish(); !done) return std::unexpected(done.error());
  return group;
}

}  // namespace

Result<Vintage> load_vintage(const fs::path& vintages, const std::string& name) {
  Vintage vintage;
  vintage.name = name;
  vintage.folder = vintages / name;
  const auto file = vintage.folder / "vintage.toml";
  std::error_code error;
  if (!fs::exists(file, error)) {
    return fail(ErrorKind::usage, fmt::format("there is no vintage '{}': {} is missing",
                                              printable(name), printable(file.string())));
  }
  const auto table = parse_toml(file);
  if (!table) return std::unexpected(table.error());
  TableReader reader(file, *table);
  const auto python = reader.text("python");
  if (const auto constraint = PythonConstraint::parse(python)) {
    vintage.python = *constraint;
  } else if (!python.empty()) {
    reader.reject(reader.where("python"), fmt::format("'{}' is no constraint", python),
                  "write \"3.8\", \">=3.11\" or \">=3.11,<3.14\"");
  }
  vintage.exclude_newer = reader.text("exclude_newer");
  if (const auto* groups = reader.table("group")) {
    for (const auto& [key, node] : *groups) {
      auto group = read_group(file, node);
      if (!group) return std::unexpected(group.error());
      if (group->after == key.str())
        reader.reject(node.source(), "a group cannot come after itself");
      vintage.groups.emplace(key.str(), std::move(*group));
    }
  }
  if (const auto done = reader.finish(); !done) return std::unexpected(done.error());
  return vintage;
}

}  // namespace unrig::runtime::python
