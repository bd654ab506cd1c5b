#include "cli/places.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/hash.h"
#include "base/place.h"
#include "base/text.h"
#include "host/folders.h"

namespace unrig::cli {
namespace fs = std::filesystem;
namespace {

using host::roots_own;

bool holds_data(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "stacks", error) &&
         fs::is_directory(folder / "scenarios", error);
}

}  // namespace

fs::path default_home() {
  fs::path here = ".unrig";
  std::error_code error;
  if (::geteuid() != 0 || fs::exists(fs::symlink_status(here, error)) || private_path(here))
    return here;
  return fs::path(roots_own) / ("here-" + sha256(fs::absolute(here).string()).substr(0, 12));
}

void tell_home(const CommonOptions& common) {
  const auto name = common.home.string();
  if (common.quiet || !name.starts_with(fmt::format("{}/here-", roots_own))) return;
  fmt::print(stderr, "the home is {}: the current folder is not root's\n", printable(name));
}

Result<fs::path> find_data() {
  if (const char* given = std::getenv("UNRIG_DATA")) {
    if (holds_data(given)) return fs::path(given);
    return fail(ErrorKind::environment,
                fmt::format("UNRIG_DATA={} holds no stacks/ and scenarios/", printable(given)),
                "name the folder that holds them, or unset UNRIG_DATA");
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !error; folder = folder.parent_path()) {
    if (holds_data(folder / "share" / "unrig")) return folder / "share" / "unrig";
    if (holds_data(folder)) return folder;
    if (folder == folder.root_path()) break;
  }
  return fail(ErrorKind::environment, "the folders stacks/ and scenarios/ are nowhere to be found",
              "name the folder that holds them in UNRIG_DATA");
}

Result<std::vector<fs::path>> stack_folders(const fs::path& data, const CommonOptions& common) {
  std::vector<fs::path> folders{data / "stacks"};
  for (const auto& folder : common.stacks) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      return fail(ErrorKind::usage,
                  fmt::format("--stacks {}: no such folder", printable(folder.string())),
                  "name the folder that holds a folder for each stack");
    }
    folders.push_back(fs::absolute(folder));
  }
  return folders;
}

std::vector<std::string> vintage_names(const fs::path& data) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data / "vintages", error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace unrig::cli
