#include "process/strays.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/file.h"
#include "base/text.h"
#include "process/tree.h"

namespace unrig::process {
namespace fs = std::filesystem;

int end_strays(std::string_view mark, const fs::path& folder,
               const std::vector<std::string>& names) {
  if (mark.empty()) return 0;
  int ended = 0;
  for (const auto& [parent, entry] : all_processes()) {
    if (entry.pid == ::getpid() || entry.kernel) continue;
    const std::string place = fmt::format("/proc/{}", entry.pid);
    const auto variables = split(read_file(place + "/environ").value_or(""), '\0');
    std::error_code error;
    const bool is_one = std::ranges::find(variables, mark) != variables.end() ||
                        (std::ranges::find(names, entry.name) != names.end() &&
                         fs::read_symlink(place + "/cwd", error) == folder);
    if (is_one && ::kill(entry.pid, SIGKILL) == 0) ++ended;
  }
  return ended;
}

}  // namespace unrig::process
