#include "host/facts.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/number.h"
#include "base/text.h"
#include "host/content.h"
#include "host/groups.h"
#include "host/parse.h"
#include "host/sockets.h"
#include "process/fence.h"

namespace unrig::host {
namespace {

std::string virtualization() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned hypervisor_bit = 1U << 31;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & hypervisor_bit) == 0) return "none";
  // The leaf that hypervisors answer; their name stands in three registers.
  __cpuid(0x40000000, a, b, c, d);
  std::array<char, 13> signature{};
  std::memcpy(signature.data(), &b, 4);
  std::memcpy(signature.data() + 4, &c, 4);
  std::memcpy(signature.data() + 8, &d, 4);
  return hypervisor_name(signature.data());
#else
  return std::string(trim(content("/sys/hypervisor/type")));
#endif
}

std::vector<std::pair<std::string, std::string>> settings() {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&](const std::string& name, const std::string& path) {
    const std::string value = choice(content(path));
    if (!value.empty()) found.emplace_back(name, value);
  };
  for (const char* name :
       {"kernel.numa_balancing", "kernel.pid_max", "kernel.randomize_va_space",
        "kernel.sched_autogroup_enabled", "net.core.default_qdisc", "net.core.netdev_max_backlog",
        "net.core.rmem_max", "net.core.somaxconn", "net.core.wmem_max",
        "net.ipv4.ip_local_port_range", "net.ipv4.tcp_congestion_control",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_max_tw_buckets",
        "net.ipv4.tcp_syncookies", "net.ipv4.tcp_tw_reuse", "vm.overcommit_memory",
        "vm.swappiness"}) {
    std::string path = name;
    std::ranges::replace(path, '.', '/');
    add(name, "/proc/sys/" + path);
  }
  add("transparent_hugepage", "/sys/kernel/mm/transparent_hugepage/enabled");
  add("clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  add("cpu.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  add("cpu.boost", "/sys/devices/system/cpu/cpufreq/boost");
  add("cpu.no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo");
  add("cpu.smt", "/sys/devices/system/cpu/smt/active");
  add("cgroup.cpu.max", "/sys/fs/cgroup/cpu.max");
  const int landlock = process::fence_version();
  found.emplace_back("landlock", landlock > 0 ? std::to_string(landlock) : "none");
  return found;
}

std::optional<std::int64_t> most_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  constexpr auto most = static_cast<rlim_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit.rlim_max, most));
}

std::optional<double> quota_of_this_process() {
  const auto groups = ControlGroups::of_this_machine().holding(::getpid(), "cpu");
  if (!groups) return std::nullopt;
  double tightest = 0;
  for (const auto& group : *groups) {
    const auto quota = cpu_quota(group);
    if (!quota) return std::nullopt;
    if (*quota > 0) tightest = tightest == 0 ? *quota : std::min(tightest, *quota);
  }
  return tightest;
}

void look_at_this_moment(Facts& facts) {
  const std::string memory = content("/proc/meminfo");
  facts.open_files = most_open_files();
  facts.memory_available_bytes = bytes_of(memory, "MemAvailable");
  const auto swap = bytes_of(memory, "SwapTotal");
  const auto unused = bytes_of(memory, "SwapFree");
  if (swap && unused) facts.swap_used_bytes = *swap - *unused;
  facts.time_wait = connections_in_time_wait();
  facts.quota_cpus = quota_of_this_process();
}

}  // namespace

std::string Facts::setting(std::string_view name) const {
  const auto found = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
  return found == settings.end() ? "" : found->second;
}

std::vector<int> usable_cores() {
  std::vector<int> usable;
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) {
    const auto online = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
    for (int core = 0; core < online; ++core) usable.push_back(core);
    return usable;
  }
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores)) usable.push_back(core);
  }
  return usable;
}

Facts facts() {
  Facts facts;
  utsname names{};
  if (::uname(&names) == 0) {
    facts.hostname = names.nodename;
    facts.kernel = names.release;
  }
  facts.os = value_of(content("/etc/os-release"), "PRETTY_NAME", '=');
  facts.cpu_model = value_of(content("/proc/cpuinfo"), "model name", ':');
  facts.cores = static_cast<int>(usable_cores().size());
  facts.memory_bytes = kilobytes(value_of(content("/proc/meminfo"), "MemTotal", ':'));
  facts.virtualization = virtualization();
  facts.settings = settings();
  look_at_this_moment(facts);
  return facts;
}

std::optional<double> core_mhz(const std::filesystem::path& folder) {
  std::optional<double> fastest;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string text = content((it->path() / "scaling_cur_freq").string());
    const auto khz = leading_number<std::int64_t>(text);
    if (!khz) continue;
    fastest = std::max(fastest.value_or(0), static_cast<double>(*khz) / 1000);
  }
  return fastest;
}

std::optional<std::int64_t> free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  auto there = std::filesystem::absolute(folder, error);
  while (!error && !std::filesystem::exists(there, error) && there.has_relative_path())
    there = there.parent_path();
  const auto space = std::filesystem::space(there, error);
  if (error) return std::nullopt;
  return static_cast<std::int64_t>(space.available);
}

}  // namespace unrig::host
