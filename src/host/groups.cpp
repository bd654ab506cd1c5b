#include "host/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// The value of a line "NAME VALUE". Empty when there is none.
std::optional<std::uint64_t> value_after(std::string_view text, std::string_view name) {
  for (const std::string& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 2 || words[0] != name) continue;
    if (const auto value = to_number<std::uint64_t>(words[1])) return value;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo) {
  std::vector<Hierarchy> found;
  for (const std::string& line : split(mountinfo, '\n')) {
    // ID PARENT DEVICE ROOT PLACE OPTIONS [TAG…] - TYPE SOURCE OPTIONS; proc_pid_mountinfo(5)
    const auto words = split(line, ' ');
    const auto dash = std::ranges::find(words, "-");
    if (dash - words.begin() < 6 || words.end() - dash < 4) continue;
    const std::string& type = *(dash + 1);
    if (type == "cgroup") found.push_back({words[4], words[3], split(*(dash + 3), ',')});
    if (type == "cgroup2") found.push_back({words[4], words[3], {}});
  }
  return found;
}

std::optional<std::string> parse_group(std::string_view text, std::string_view controller) {
  for (const std::string& line : split(text, '\n')) {
    // NUMBER:CONTROLLERS:GROUP; the group may hold colons.
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : has(split(names, ','), controller)) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

Throttling parse_throttling(std::string_view cpu_stat) {
  Throttling found{.periods = value_after(cpu_stat, "nr_throttled").value_or(0),
                   .of = value_after(cpu_stat, "nr_periods").value_or(0)};
  if (const auto ns = value_after(cpu_stat, "throttled_time")) {
    found.held = std::chrono::nanoseconds(*ns);
  } else if (const auto us = value_after(cpu_stat, "throttled_usec")) {
    found.held = std::chrono::microseconds(*us);
  }
  return found;
}

ControlGroups ControlGroups::of_this_machine() {
  return ControlGroups(parse_hierarchies(read_file("/proc/self/mountinfo").value_or("")));
}

Result<std::vector<fs::path>> ControlGroups::holding(pid_t pid, std::string_view controller) const {
  const auto path = fmt::format("/proc/{}/cgroup", pid);
  const auto text = read_file(path);
  if (!text || text->empty()) {
    return fail(ErrorKind::environment, fmt::format("{} cannot be read", path));
  }
  return holding(*text, controller);
}

Result<std::vector<fs::path>> ControlGroups::holding(std::string_view cgroup,
                                                     std::string_view controller) const {
  auto mounted = std::ranges::find_if(
      hierarchies_, [&](const Hierarchy& each) { return has(each.controllers, controller); });
  const bool old = mounted != hierarchies_.end();
  if (!old) {
    mounted = std::ranges::find_if(hierarchies_,
                                   [](const Hierarchy& each) { return each.controllers.empty(); });
  }
  if (mounted == hierarchies_.end()) {
    return fail(ErrorKind::environment, "no control groups are mounted here");
  }
  const auto group = parse_group(cgroup, old ? controller : "");
  if (!group) {
    return fail(ErrorKind::environment, "/proc tells of no group of this controller");
  }
  // In a container that sees a part of the hierarchy, the group may be told from its real root on.
  std::string below = *group;
  if (mounted->root != "/" && below.starts_with(mounted->root)) {
    below.erase(0, mounted->root.size());
  }
  fs::path folder = mounted->at;
  const fs::path inner = fs::path(below).relative_path().lexically_normal();
  std::error_code error;
  if (!inner.empty() && *inner.begin() != ".." && inner != "." &&
      fs::is_directory(folder / inner, error)) {
    folder /= inner;
  }
  std::vector<fs::path> found{folder};
  while (folder != mounted->at && folder.has_relative_path()) {
    folder = folder.parent_path();
    found.push_back(folder);
  }
  return found;
}

std::optional<Throttling> throttling(const fs::path& group) {
  const auto text = read_file((group / "cpu.stat").string());
  return text ? std::optional(parse_throttling(*text)) : std::nullopt;
}

std::optional<double> parse_cpu_max(std::string_view text) {
  const auto parts = split(trim(text), ' ');
  if (parts.size() != 2) return std::nullopt;
  const auto period = to_number<double>(parts[1]);
  const auto quota = parts[0] == "max" ? std::optional(0.0) : to_number<double>(parts[0]);
  if (!quota || !period || *period <= 0) return std::nullopt;
  return *quota / *period;
}

std::optional<double> cpu_quota(const fs::path& group) {
  std::error_code error;
  const auto of_version_2 = group / "cpu.max";
  if (fs::exists(of_version_2, error)) return parse_cpu_max(read_file(of_version_2).value_or(""));
  const auto of_version_1 = group / "cpu.cfs_quota_us";
  // The topmost group has none, and no file that says so.
  if (!fs::exists(of_version_1, error)) return 0;
  const std::string quota(trim(read_file(of_version_1).value_or("")));
  const std::string period(trim(read_file(group / "cpu.cfs_period_us").value_or("")));
  return parse_cpu_max((quota == "-1" ? "max" : quota) + " " + period);
}

bool is_frozen(const fs::path& group) {
  if (const auto state = read_file((group / "freezer.state").string())) {
    return state->starts_with("FROZEN");
  }
  return value_after(read_file((group / "cgroup.events").string()).value_or(""), "frozen") == 1;
}

}  // namespace unrig::host
