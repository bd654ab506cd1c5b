#include "chain/purge.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/place.h"
#include "base/text.h"
#include "host/folders.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;

std::uintmax_t bytes_of(const fs::path& path) {
  std::uintmax_t sum = 0;
  std::error_code error;
  if (fs::is_regular_file(fs::symlink_status(path, error))) return fs::file_size(path, error);
  for (auto entry = fs::recursive_directory_iterator(
           path, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::end(entry); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && !entry->is_symlink(ignored))
      sum += entry->file_size(ignored);
  }
  return sum;
}

/// Everything that the choice may mean, there or not.
std::vector<std::pair<const char*, fs::path>> places(const fs::path& home,
                                                     const PurgeChoice& choice) {
  const auto elsewhere = host::services_elsewhere(home);
  // Until there was an account of its own, unrig ran PostgreSQL as the machine's `postgres`, and
  // gave its folder outside home to that user.
  const auto former = elsewhere.parent_path() / sha256(home.string()).substr(0, 12);
  std::vector<std::pair<const char*, fs::path>> all;
  const auto add = [&](bool chosen, const char* what, std::initializer_list<const char*> names,
                       std::initializer_list<fs::path> folders) {
    for (const auto& folder : folders) {
      for (const char* name : names) {
        if (chosen) all.emplace_back(what, folder / name);
      }
    }
  };
  add(choice.database, "database", {"database", "postgres"}, {home, elsewhere, former});
  add(choice.environments, "environments",
      {"environments", "builds", "cache", "cache-unrig", "copies", "scratch"},
      {home, elsewhere, former});
  add(choice.results, "results", {"unrig.db", "unrig.db-wal", "unrig.db-shm", "logs", "reports"},
      {home});
  return all;
}

}  // namespace

std::string purge_command(const fs::path& home) {
  return fmt::format("unrig purge --database --home {}", shell_word(home.string()));
}

Result<std::vector<Purged>> purge(const fs::path& given, const PurgeChoice& choice) {
  auto home = private_path(given);
  if (!home) return std::unexpected(home.error());
  std::error_code error;
  if (!fs::is_directory(*home, error)) {
    return fail(ErrorKind::environment,
                fmt::format("there is no home folder {}", printable(home->string())));
  }
  auto lock = host::lock_home(*home);
  if (!lock) return std::unexpected(lock.error());
  std::vector<Purged> found;
  for (const auto& [what, path] : places(*home, choice)) {
    if (!fs::exists(fs::symlink_status(path, error))) continue;
    found.push_back({what, path, bytes_of(path)});
    if (choice.only_look) continue;
    fs::remove_all(path, error);
    if (error) {
      return fail_errno(fmt::format("cannot remove {}", printable(path.string())), error.value());
    }
    if (path.parent_path() != *home) fs::remove(path.parent_path(), error);  // where it is empty
  }
  return found;
}

}  // namespace unrig::chain
