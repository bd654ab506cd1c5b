#include "stack/purge.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/place.h"
#include "base/text.h"
#include "stack/folders.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

std::uintmax_t bytes_of(const fs::path& folder) {
  std::uintmax_t sum = 0;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::end(entry); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && !entry->is_symlink(ignored))
      sum += entry->file_size(ignored);
  }
  return sum;
}

}  // namespace

std::string purge_command(const fs::path& home) {
  return fmt::format("unrig purge --database --home {}", home.string());
}

Result<std::vector<Purged>> purge_databases(const fs::path& given) {
  auto home = private_path(given);
  if (!home) return std::unexpected(home.error());
  std::error_code error;
  if (!fs::is_directory(*home, error)) {
    return fail(ErrorKind::environment,
                fmt::format("there is no home folder {}", printable(home->string())));
  }
  auto lock = lock_home(*home);
  if (!lock) return std::unexpected(lock.error());
  const auto elsewhere = services_elsewhere(*home);
  // Until there was an account of its own, unrig ran PostgreSQL as the machine's `postgres`, and
  // gave its folder outside home to that user.
  const auto former = elsewhere.parent_path() / sha256(home->string()).substr(0, 12);
  std::vector<Purged> removed;
  for (const auto& folder :
       {*home / "database", *home / "postgres", elsewhere / "database", former / "postgres"}) {
    if (!fs::exists(fs::symlink_status(folder, error))) continue;
    const auto bytes = bytes_of(folder);
    fs::remove_all(folder, error);
    if (error) {
      return fail_errno(fmt::format("cannot remove {}", printable(folder.string())), error.value());
    }
    removed.push_back({folder, bytes});
    if (folder.parent_path() != *home) fs::remove(folder.parent_path(), error);
  }
  return removed;
}

}  // namespace unrig::stack
