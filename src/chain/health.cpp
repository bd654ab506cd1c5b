#include "chain/health.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "host/groups.h"
#include "process/tree.h"

namespace unrig::chain {
namespace {

std::string last_word(const std::filesystem::path& log) {
  const auto line = printable(trim(last_lines(trim(read_tail(log)), 1)));
  return line.empty() ? "" : fmt::format("; its log ends with: {}", line);
}

}  // namespace

std::optional<std::string> fault_of(std::string_view name, process::Process& process) {
  if (const auto exit = process.poll()) {
    return fmt::format("the {} has ended: {}{}", name, exit->text(), last_word(process.log()));
  }
  for (const auto& entry : process::tree(process.pid())) {
    if (entry.state == 'T' || entry.state == 't') {
      return fmt::format("the {} is stopped by a signal (process {}, {}), as SIGSTOP does{}", name,
                         entry.pid, printable(entry.name), last_word(process.log()));
    }
  }
  const auto groups = host::ControlGroups::of_this_machine().holding(process.pid(), "freezer");
  if (groups && host::is_frozen(groups->front())) {
    return fmt::format("the {} is frozen (control group {})", name, groups->front().string());
  }
  return std::nullopt;
}

}  // namespace unrig::chain
