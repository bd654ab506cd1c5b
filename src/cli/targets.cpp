#include "cli/targets.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/records.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// Devices and pipes take what is written to them one after the other; files are replaced.
bool same_file(const Target& a, const Target& b) {
  if (a.is_standard() || b.is_standard()) return a.is_standard() && b.is_standard();
  std::error_code error;
  if (fs::equivalent(a.file, b.file, error)) return fs::is_regular_file(a.file, error);
  if (fs::exists(a.file, error) || fs::exists(b.file, error)) return false;
  const auto place = [](const fs::path& file) {
    std::error_code ignored;
    return fs::weakly_canonical(fs::absolute(file, ignored), ignored);
  };
  return place(a.file) == place(b.file);
}

}  // namespace

Result<> check_targets(std::span<const Target> targets) {
  for (auto one = targets.begin(); one != targets.end(); ++one) {
    if (one->file.empty()) continue;
    for (auto other = targets.begin(); other != one; ++other) {
      if (other->file.empty() || !same_file(*one, *other)) continue;
      return fail(
          ErrorKind::usage,
          fmt::format("{} and {} both write {}", other->option, one->option,
                      one->is_standard() ? "to standard output" : printable(one->file.string())),
          "give each a file of its own");
    }
    if (one->is_standard()) continue;
    if (auto writable = check_target(one->option, one->file); !writable) return writable;
  }
  return {};
}

}  // namespace unrig::cli
