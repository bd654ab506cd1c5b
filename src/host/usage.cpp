#include "host/usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <map>
#include <string_view>

#include "base/number.h"
#include "base/text.h"
#include "host/content.h"
#include "host/parse.h"
#include "process/tree.h"

namespace unrig::host {
namespace {

/// CPU time of a living process with all its threads, ended ones too. Empty when it is gone.
std::optional<Duration> own_cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

std::int64_t memory_of_process(pid_t pid) {
  const auto folder = fmt::format("/proc/{}/", pid);
  // The Pss shares out pages that several processes use, as forked workers do.
  if (const auto pss = kilobytes(value_of(content(folder + "smaps_rollup"), "Pss", ':')); pss > 0) {
    return pss;
  }
  return kilobytes(value_of(content(folder + "status"), "VmRSS", ':'));
}

Duration ticks(std::int64_t count) {
  return count * Duration(std::nano::den / ::sysconf(_SC_CLK_TCK));
}

/// CPU time of processes, with that of their reaped children; each clock is read once, whoever
/// asks.
class Clocks {
 public:
  Duration of(const process::Entry& each) {
    const auto [known, is_new] = used_.try_emplace(each.pid);
    if (is_new) {
      const auto own = own_cpu_time(each.pid);
      complete_ = complete_ && own;
      known->second = own.value_or(Duration(0)) + ticks(each.reaped_ticks);
    }
    return known->second;
  }
  [[nodiscard]] bool knows(pid_t pid) const { return used_.contains(pid); }
  /// False when a process was gone before its clock was read.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  std::map<pid_t, Duration> used_;
  bool complete_ = true;
};

Duration age_of(const process::Entry& process) {
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return Duration(0);
  return std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec) -
         ticks(static_cast<std::int64_t>(process.started));
}

/// Shells and what sessions and containers begin with: nobody ends them to get a quiet machine.
bool is_host_of_others(std::string_view name) {
  constexpr std::string_view names[] = {"sh",      "bash", "dash", "zsh",  "fish",  "ksh",   "init",
                                        "systemd", "sshd", "su",   "sudo", "login", "screen"};
  return std::ranges::find(names, name) != std::end(names) || name.starts_with("tmux") ||
         name.starts_with("containerd") || name.starts_with("docker");
}

/// The process itself where it has run for a while, else the nearest one above it that has, or as
/// far up as there are programs.
pid_t responsible(const Usage& seen, pid_t process) {
  constexpr Duration young = std::chrono::seconds(30);
  pid_t named = process;
  auto at = seen.strangers.find(process);
  while (at != seen.strangers.end() && at->second.age < young) {
    at = seen.strangers.find(at->second.parent);
    if (at != seen.strangers.end() && !is_host_of_others(at->second.name)) named = at->first;
  }
  return named;
}

/// Whatever does not descend from unrig, whose processes `own` knows.
void add_others(Usage& seen, const process::Processes& all, const Clocks& own) {
  for (const auto& [parent, each] : all) {
    const Duration used = ticks(each.own_ticks + each.reaped_ticks);
    if (each.kernel) {
      seen.kernel += used;
    } else if (!own.knows(each.pid)) {
      seen.strangers[each.pid] = {
          .name = each.name, .used = used, .parent = each.parent, .age = age_of(each)};
    }
  }
}

}  // namespace

std::optional<Duration> cpu_time(pid_t root) {
  return usage(std::span(&root, 1)).trees.front();
}

Usage usage(std::span<const pid_t> roots) {
  Usage seen;
  // A process that ends while we look counts neither as living nor yet as reaped: look again.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto all = process::all_processes();
    Clocks clocks;
    const auto used_by = [&](const std::vector<process::Entry>& tree) {
      std::optional<Duration> total;
      for (const auto& each : tree) total = total.value_or(Duration(0)) + clocks.of(each);
      return total;
    };
    seen = {.own = used_by(process::tree(all, ::getpid())).value_or(Duration(0))};
    add_others(seen, all, clocks);
    for (const pid_t root : roots) {
      const auto tree = process::tree(all, root);
      seen.trees.push_back(used_by(tree));
      seen.members.emplace_back();
      for (const auto& each : tree) seen.members.back().push_back(each.pid);
    }
    if (clocks.complete()) break;
  }
  // There always is a first process, and it is somebody else's where somebody else is.
  seen.sees_all = !content("/proc/1/stat").empty();
  return seen;
}

Foreign foreign_between(const Usage& first, const Usage& last) {
  Foreign foreign;
  std::map<pid_t, Duration> by;
  for (const auto& [pid, stranger] : last.strangers) {
    const auto before = first.strangers.find(pid);
    const Duration used =
        stranger.used - (before == first.strangers.end() ? Duration(0) : before->second.used);
    foreign.used += used;
    by[responsible(last, pid)] += used;
  }
  Duration most{0};
  for (const auto& [pid, used] : by) {
    if (used <= most) continue;
    most = used;
    foreign.name = last.strangers.at(pid).name;
  }
  // What a process had used until the first look went to its parent when it ended.
  for (const auto& [pid, stranger] : first.strangers) {
    if (!last.strangers.contains(pid)) foreign.used -= stranger.used;
  }
  foreign.used = std::max(foreign.used, Duration(0));
  return foreign;
}

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found;
  for (const process::Entry& each : process::tree(root)) found.push_back(each.pid);
  return found;
}

std::optional<std::int64_t> memory_of(pid_t root) {
  std::int64_t bytes = 0;
  for (const process::Entry& each : process::tree(root)) bytes += memory_of_process(each.pid);
  return bytes > 0 ? std::optional(bytes) : std::nullopt;
}

std::optional<std::int64_t> own_memory() {
  const std::int64_t bytes = memory_of_process(::getpid());
  return bytes > 0 ? std::optional(bytes) : std::nullopt;
}

std::map<pid_t, std::int64_t> unbacked_memory_of(std::span<const pid_t> processes) {
  std::map<pid_t, std::int64_t> found;
  for (const pid_t process : processes) {
    const auto status = content(fmt::format("/proc/{}/status", process));
    const auto anonymous = value_of(status, "RssAnon", ':');
    if (anonymous.empty()) continue;
    found[process] = kilobytes(anonymous) + kilobytes(value_of(status, "RssShmem", ':')) +
                     kilobytes(value_of(status, "VmSwap", ':'));
  }
  return found;
}

std::optional<MachineCpu> machine_cpu() {
  return parse_machine_cpu(content("/proc/stat"), ::sysconf(_SC_CLK_TCK));
}

std::map<int, MachineCpu> core_cpus() {
  return parse_core_cpus(content("/proc/stat"), ::sysconf(_SC_CLK_TCK));
}

std::optional<CoreUse> most_between(const std::map<int, MachineCpu>& first,
                                    const std::map<int, MachineCpu>& last) {
  std::optional<CoreUse> most;
  for (const auto& [core, now] : last) {
    const auto before = first.find(core);
    const auto use = before == first.end() ? std::nullopt : use_between(before->second, now);
    if (!use) continue;
    const MachineCpu& then = before->second;
    const double all =
        seconds((now.busy - then.busy) + (now.steal - then.steal) + (now.idle - then.idle));
    if (!most) most.emplace();
    most->busy = std::max(most->busy, use->busy);
    most->steal = std::max(most->steal, use->steal);
    most->interrupts = std::max(most->interrupts, seconds(now.interrupts - then.interrupts) / all);
  }
  return most;
}

std::optional<MachineUse> use_between(const MachineCpu& first, const MachineCpu& last) {
  const double busy = seconds(last.busy - first.busy);
  const double steal = seconds(last.steal - first.steal);
  const double all = busy + steal + seconds(last.idle - first.idle);
  if (all <= 0) return std::nullopt;
  return MachineUse{busy / all, steal / all};
}

std::string command_line(pid_t pid) {
  return content(fmt::format("/proc/{}/cmdline", pid));
}

}  // namespace unrig::host
