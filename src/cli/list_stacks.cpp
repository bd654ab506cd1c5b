#include "cli/list_stacks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "chain/availability.h"
#include "cli/places.h"
#include "host/local_host.h"
#include "process/process.h"
#include "runtime/python/runtime.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;
using record::Json;

/// One stack in one vintage.
struct Entry {
  stack::Selection selection;
  std::string framework_version, server_version, driver_version;  ///< "" where not known
  std::string interpreter;                                        ///< "3.11.2 /usr/bin/python3"
  std::vector<Error> missing;
  [[nodiscard]] std::string label() const { return selection.spec->name + "@" + selection.vintage; }
  [[nodiscard]] const std::string& note() const {
    return selection.spec->vintage(selection.vintage)->note;
  }
};

std::string with_version(const std::string& name, const std::string& version) {
  return version.empty() ? name : name + " " + version;
}

void ask_runtime(runtime::Runtimes& runtimes, Entry& entry) {
  const auto& stack = entry.selection;
  const auto runtime = runtimes.of(stack);
  if (!runtime) return entry.missing.push_back(runtime.error());
  entry.framework_version = (*runtime)->locked_version(stack, stack.spec->framework);
  entry.server_version = (*runtime)->locked_version(stack, stack.spec->server);
  entry.driver_version = (*runtime)->locked_version(stack, stack.spec->driver);
  if (const auto found = (*runtime)->find(stack)) {
    entry.interpreter = *found;
  } else {
    entry.missing.push_back(found.error());
  }
}

Result<> look(const CommonOptions& common, const ListOptions& options, const fs::path& data,
              std::vector<Entry>& entries) {
  const SystemClock clock;
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  host::LocalHost host(*guard, clock);
  const auto programs = chain::missing_programs(host);
  runtime::Runtimes runtimes(
      {.data = data, .home = common.home, .programs = runtime::python::program(options.python)},
      {*guard, clock});
  for (auto& entry : entries) {
    entry.missing = programs;
    ask_runtime(runtimes, entry);
  }
  return {};
}

/// The same text of several entries once, with their labels: "a, b, c and 4 more: TEXT".
std::string grouped(const std::vector<std::pair<std::string, std::string>>& texts) {
  constexpr std::size_t shown = 3;
  std::vector<std::string> seen;
  std::string lines;
  for (const auto& [first, text] : texts) {
    if (std::ranges::find(seen, text) != seen.end()) continue;
    seen.push_back(text);
    std::vector<std::string> labels;
    for (const auto& [label, other] : texts) {
      if (other == text) labels.push_back(label);
    }
    const std::size_t more = labels.size() - std::min(labels.size(), shown);
    labels.resize(labels.size() - more);
    lines += fmt::format("  {}{}: {}\n", join(labels, ", "),
                         more == 0 ? "" : fmt::format(" and {} more", more), text);
  }
  return lines;
}

std::string below(const std::vector<Entry>& entries) {
  std::vector<std::pair<std::string, std::string>> notes, missing;
  for (const auto& entry : entries) {
    if (!entry.note().empty()) notes.emplace_back(entry.label(), entry.note());
    for (const auto& error : entry.missing) {
      missing.emplace_back(entry.label(),
                           error.help.empty() ? error.what : error.what + "\n    " + error.help);
    }
  }
  std::string text;
  if (!notes.empty()) text += "\n* deviates:\n" + grouped(notes);
  if (!missing.empty()) text += "\nCannot run here:\n" + grouped(missing);
  return text;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json to_json(const Entry& entry) {
  const auto& spec = *entry.selection.spec;
  Json json;
  json["stack"] = spec.name;
  json["vintage"] = entry.selection.vintage;
  json["language"] = spec.language;
  json["framework"] = spec.framework;
  json["server"] = spec.server;
  json["concurrency"] = scenario::to_text(spec.concurrency);
  json["driver"] = spec.driver;
  json["versions"] = {{"framework", text_or_null(entry.framework_version)},
                      {"server", text_or_null(entry.server_version)},
                      {"driver", text_or_null(entry.driver_version)}};
  json["note"] = entry.note();
  json["interpreter"] = text_or_null(entry.interpreter);
  json["runs_here"] = entry.missing.empty();
  json["missing"] = Json::array();
  for (const auto& error : entry.missing)
    json["missing"].push_back({{"what", error.what}, {"help", error.help}});
  return json;
}

}  // namespace

Result<Listing> list_stacks(const CommonOptions& common, const ListOptions& options,
                            const fs::path& data) {
  const auto folders = stack_folders(data, common);
  if (!folders) return std::unexpected(folders.error());
  const auto specs = stack::load_stacks(*folders);
  if (!specs) return std::unexpected(specs.error());
  std::vector<Entry> entries;
  for (const auto& spec : *specs) {
    for (const auto& vintage : spec.vintages)
      entries.push_back({.selection = {&spec, vintage.name}});
  }
  if (auto looked = look(common, options, data, entries); !looked)
    return std::unexpected(looked.error());

  Listing listing{.columns = {{"Stack"},
                              {"Vintage"},
                              {.head = "Language", .goes = 5},
                              {.head = "Framework", .goes = 2},
                              {.head = "Server", .goes = 3},
                              {.head = "Type", .goes = 4},
                              {.head = "Driver", .goes = 1},
                              {.head = "Runs here", .usual = "yes"}}};
  listing.document = Json::array();
  for (const auto& entry : entries) {
    const auto& spec = *entry.selection.spec;
    listing.rows.push_back({spec.name + (entry.note().empty() ? "" : " *"), entry.selection.vintage,
                            spec.language, with_version(spec.framework, entry.framework_version),
                            with_version(spec.server, entry.server_version),
                            std::string(scenario::to_text(spec.concurrency)),
                            with_version(spec.driver, entry.driver_version),
                            entry.missing.empty() ? "yes" : "no"});
    listing.document->push_back(to_json(entry));
  }
  listing.below = below(entries);
  return listing;
}

}  // namespace unrig::cli
