#include "cli/purge_command.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "stack/purge.h"

namespace unrig::cli {
namespace {

constexpr double bytes_per_megabyte = 1e6;

}  // namespace

Result<int> purge_command(const CommonOptions& common, const PurgeOptions& options) {
  if (auto writable = check_json_target(common); !writable)
    return std::unexpected(writable.error());
  std::vector<stack::Purged> removed;
  if (options.database) {
    auto databases = stack::purge_databases(common.home);
    if (!databases) return std::unexpected(databases.error());
    removed = std::move(*databases);
  }
  record::Json document = record::Json::array();
  std::string text;
  for (const auto& [path, bytes] : removed) {
    document.push_back({{"path", path.string()}, {"bytes", bytes}});
    text += fmt::format("removed {} ({:.0f} MB)\n", printable(path.string()),
                        static_cast<double>(bytes) / bytes_per_megabyte);
  }
  if (removed.empty()) text = "there was nothing to remove\n";
  return exit_after(publish(common, document, text));
}

}  // namespace unrig::cli
