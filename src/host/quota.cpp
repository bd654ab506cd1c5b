#include "host/quota.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "host/usage.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = "unrig-";
constexpr const char* no_quota_help =
    "run unrig as root, or in a scope of its own: systemd-run --user --scope -p Delegate=yes "
    "unrig …; without machine.cpu and quota.… it takes none";

/// As the kernel's files want it: in one piece, into what is there.
Result<> write_word(const fs::path& file, const std::string& word) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), word.data(), word.size()) < 0)
    return fail_errno(fmt::format("cannot write {}", file.string()), errno);
  return {};
}

bool has_word(const fs::path& file, std::string_view word) {
  const auto text = read_file(file);
  if (!text) return false;
  const auto words = split(trim(*text), ' ');
  return std::ranges::find(words, word) != words.end();
}

/// Groups of unrigs that were killed together with their guard.
void remove_left_behind(const fs::path& parent, const Clock& clock) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(name_begin)) continue;
    const auto pid = to_number<pid_t>(name.substr(name_begin.size()));
    if (!pid || *pid <= 0 || ::kill(*pid, 0) == 0 || errno != ESRCH) continue;
    remove_control_group(entry.path(), clock);
  }
}

/// In version 2 a group that hands a controller on has no processes itself, but the topmost one.
/// Moves unrig and what it has started into a group below.
Result<fs::path> move_out_of(const fs::path& group) {
  const auto ours = descendants(::getpid());
  const auto text = read_file(group / "cgroup.procs");
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> processes;
  for (const auto& line : split(*text, '\n')) {
    const auto pid = to_number<pid_t>(trim(line));
    if (!pid) continue;
    if (std::ranges::find(ours, *pid) == ours.end()) {
      return fail(ErrorKind::environment,
                  fmt::format("{} holds other processes than unrig's", group.string()));
    }
    processes.push_back(std::to_string(*pid));
  }
  fs::path below = group / "unrig";
  std::error_code error;
  fs::create_directory(below, error);
  if (error) return fail_errno(fmt::format("cannot make {}", below.string()), error.value());
  for (const auto& pid : processes) {
    if (auto moved = write_word(below / "cgroup.procs", pid); !moved)
      return std::unexpected(moved.error());
  }
  return below;
}

/// Lets groups below `group` have the controller. Error: environment.
Result<> hand_on_controller(const fs::path& group) {
  if (!fs::exists(group / "cgroup.controllers")) return {};  // version 1
  if (!has_word(group / "cgroup.controllers", "cpu")) {
    return fail(ErrorKind::environment, fmt::format("{} has no controller cpu", group.string()));
  }
  const fs::path control = group / "cgroup.subtree_control";
  return has_word(control, "cpu") ? Result<>{} : write_word(control, "+cpu");
}

/// The same of one that may hold unrig. Returns where unrig belongs then: in `own`, as before, or
/// where it had to go. Error: environment.
Result<fs::path> make_room(const fs::path& group, const fs::path& own) {
  auto handed_on = hand_on_controller(group);
  if (handed_on) return own;
  if (!has_word(group / "cgroup.controllers", "cpu")) return std::unexpected(handed_on.error());
  auto below = move_out_of(group);
  if (!below) return below;
  handed_on = hand_on_controller(group);
  return handed_on ? below : std::unexpected(handed_on.error());
}

}  // namespace

Result<CpuGroup> CpuGroup::make(const ControlGroups& groups, const Clock& clock) {
  const auto refused = [](const std::string& why) {
    return fail(ErrorKind::environment, "no CPU quota can be set here: " + why, no_quota_help);
  };
  const auto held_by = groups.holding(::getpid(), "cpu");
  if (!held_by) return refused(held_by.error().what);
  std::vector<fs::path> parents{held_by->front()};
  const bool is_version_2 = fs::exists(held_by->back() / "cgroup.controllers");
  if (is_version_2 && held_by->size() > 1) parents.insert(parents.begin(), held_by->back());
  std::vector<std::string> reasons;
  for (const auto& parent : parents) {
    remove_left_behind(parent, clock);
    auto outside = make_room(parent, held_by->front());
    auto made = outside ? make_in(parent, fmt::format("{}{}", name_begin, ::getpid()),
                                  std::move(*outside), clock)
                        : std::unexpected(outside.error());
    if (made) return made;
    reasons.push_back(made.error().what);
  }
  return refused(join(reasons, "; "));
}

Result<CpuGroup> CpuGroup::make_below(std::string_view name) const {
  if (auto handed_on = hand_on_controller(folder_); !handed_on)
    return std::unexpected(handed_on.error());
  return make_in(folder_, name, outside_, clock_);
}

Result<CpuGroup> CpuGroup::make_in(const fs::path& parent, std::string_view name, fs::path outside,
                                   const Clock& clock) {
  const fs::path folder = parent / name;
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) return fail_errno(fmt::format("cannot make {}", folder.string()), error.value());
  CpuGroup group(folder, std::move(outside), clock);
  if (auto unlimited = group.limit(0); !unlimited) return std::unexpected(unlimited.error());
  return group;
}

CpuGroup::CpuGroup(CpuGroup&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      outside_(std::move(other.outside_)),
      clock_(other.clock_),
      holds_unrig_(other.holds_unrig_) {}

CpuGroup::~CpuGroup() {
  if (folder_.empty()) return;
  static_cast<void>(hold_unrig(false));
  remove_control_group(folder_, clock_);
}

Result<> CpuGroup::limit(double cpus) {
  const auto period_us =
      std::chrono::duration_cast<std::chrono::microseconds>(quota_period).count();
  const auto quota_us = static_cast<std::int64_t>(cpus * static_cast<double>(period_us));
  if (fs::exists(folder_ / "cpu.cfs_quota_us")) {
    // The period last of all where there is no quota, so that no step is an impossible one.
    if (auto lifted = write_word(folder_ / "cpu.cfs_quota_us", "-1"); !lifted || cpus == 0)
      return lifted;
    if (auto set = write_word(folder_ / "cpu.cfs_period_us", std::to_string(period_us)); !set)
      return set;
    return write_word(folder_ / "cpu.cfs_quota_us", std::to_string(quota_us));
  }
  return write_word(folder_ / "cpu.max",
                    fmt::format("{} {}", cpus == 0 ? "max" : std::to_string(quota_us), period_us));
}

Result<> CpuGroup::hold_unrig(bool inside) {
  if (inside == holds_unrig_) return {};
  auto moved =
      write_word((inside ? folder_ : outside_) / "cgroup.procs", std::to_string(::getpid()));
  if (moved) holds_unrig_ = inside;
  return moved;
}

}  // namespace unrig::host
