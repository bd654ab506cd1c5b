#include "cli/list_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "cli/list_stacks.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/records.h"
#include "scenario/file.h"
#include "scenario/knobs.h"
#include "scenario/scenario.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;
using record::Json;
using report::Align;

/// Rows as objects, keyed by the heads in lower case.
Json to_json(const Listing& listing) {
  if (listing.document) return *listing.document;
  Json list = Json::array();
  for (const auto& row : listing.rows) {
    Json object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string key = listing.columns[i].head;
      std::transform(key.begin(), key.end(), key.begin(),
                     [](unsigned char c) { return c == ' ' ? '_' : std::tolower(c); });
      object[key] = row[i];
    }
    list.push_back(std::move(object));
  }
  return list;
}

Result<Listing> scenarios(const fs::path& data) {
  Listing listing{{{"Scenario"}, {.head = "Description", .wraps = true}}};
  for (const auto& name : scenario::names(data / "scenarios")) {
    const auto loaded = scenario::load(data / "scenarios", name);
    if (!loaded) return std::unexpected(loaded.error());
    listing.rows.push_back({name, loaded->description});
  }
  return listing;
}

Listing vintages(const fs::path& data) {
  Listing listing{{{"Vintage"}}};
  for (auto& name : vintage_names(data)) listing.rows.push_back({std::move(name)});
  return listing;
}

Listing knobs() {
  Listing listing{{{"Knob"},
                   {.head = "Value", .goes = 2},
                   {"Default"},
                   {.head = "Takes", .goes = 1},
                   {.head = "Meaning", .wraps = true}}};
  const scenario::Scenario defaults;
  for (const auto& knob : scenario::knobs()) {
    listing.rows.push_back({std::string(knob.name), std::string(knob.unit), knob.get(defaults),
                            knob.limits(), std::string(knob.help)});
  }
  return listing;
}

Result<Listing> runs(const CommonOptions& common) {
  auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto lines = store->list();
  if (!lines) return std::unexpected(lines.error());
  Listing listing{{{"Run"},
                   {"Scenario"},
                   {"Trials", Align::right},
                   {"Valid", Align::right},
                   {.head = "Stacks", .wraps = true}}};
  for (const auto& line : *lines) {
    const std::string stacks =
        line.damage.empty() ? join(line.stacks, " ") : "damaged: " + line.damage;
    listing.rows.push_back({line.run, line.scenario, std::to_string(line.trials),
                            std::to_string(line.valid_trials), stacks});
  }
  return listing;
}

Result<Listing> listing_of(const CommonOptions& common, const ListOptions& options) {
  const std::string& what = options.what;
  if (what == "runs") return runs(common);
  if (what == "knobs") return knobs();
  const auto data = find_data();
  if (!data) return std::unexpected(data.error());
  if (what == "scenarios") return scenarios(*data);
  if (what == "vintages") return vintages(*data);
  return list_stacks(common, options, *data);
}

}  // namespace

Result<int> list_command(const CommonOptions& common, const ListOptions& options) {
  const auto listing = listing_of(common, options);
  if (!listing) return std::unexpected(listing.error());
  const std::string text = report::table(listing->columns, listing->rows, look_of(common));
  return exit_after(publish(common, to_json(*listing), text + printable(listing->below)));
}

}  // namespace unrig::cli
