#include "cli/purge_command.h"

#include <fmt/format.h>

#include "base/text.h"
#include "chain/purge.h"
#include "cli/output.h"
#include "cli/records.h"

namespace unrig::cli {
namespace {

/// "189 MB", "12 kB": as folders are weighed elsewhere, in powers of ten.
std::string weight(std::uintmax_t bytes) {
  const double value = static_cast<double>(bytes);
  if (value >= 1e6) return fmt::format("{:.0f} MB", value / 1e6);
  return fmt::format("{:.0f} kB", value / 1e3);
}

}  // namespace

Result<int> purge_command(const CommonOptions& common, const PurgeOptions& options) {
  if (auto writable = check_json_target(common); !writable)
    return std::unexpected(writable.error());
  const auto found = chain::purge(common.home, {.database = options.database,
                                                .environments = options.environments,
                                                .results = options.results,
                                                .only_look = options.plan});
  if (!found) return std::unexpected(found.error());
  record::Json removed = record::Json::array();
  std::string text;
  std::uintmax_t sum = 0;
  for (const auto& [what, path, bytes] : *found) {
    removed.push_back({{"what", what}, {"path", path.string()}, {"bytes", bytes}});
    text += fmt::format("{} {}: {} ({})\n", options.plan ? "would remove" : "removed", what,
                        printable(path.string()), weight(bytes));
    sum += bytes;
  }
  if (found->empty()) text = "there is nothing to remove\n";
  if (found->size() > 1) text += fmt::format("{} in all\n", weight(sum));
  const record::Json document{
      {"schema", "unrig.purge/1"}, {"plan", options.plan}, {"removed", removed}, {"bytes", sum}};
  return exit_after(publish(common, document, text));
}

}  // namespace unrig::cli
