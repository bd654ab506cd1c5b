#include <fmt/format.h>
#include <unistd.h>

#include <ctime>

#include "base/file.h"
#include "base/text.h"
#include "host/host.h"
#include "host/parse.h"
#include "process/tree.h"

namespace unrig::host {
namespace {

std::string content(const std::string& path) {
  return read_file(path).value_or("");
}

/// CPU time of a living process with all its threads, ended ones too. Empty when it is gone.
std::optional<Duration> own_cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

std::int64_t own_memory(pid_t pid) {
  const auto folder = fmt::format("/proc/{}/", pid);
  // The Pss shares out pages that several processes use, as forked workers do.
  if (const auto pss = kilobytes(value_of(content(folder + "smaps_rollup"), "Pss", ':')); pss > 0) {
    return pss;
  }
  return kilobytes(value_of(content(folder + "status"), "VmRSS", ':'));
}

}  // namespace

std::optional<Duration> cpu_time(pid_t root) {
  const Duration tick(std::nano::den / ::sysconf(_SC_CLK_TCK));
  std::optional<Duration> total;
  // A process that ends while we look counts neither as living nor yet as reaped: look again.
  for (int attempt = 0; attempt < 3; ++attempt) {
    total.reset();
    bool complete = true;
    for (const process::Entry& each : process::tree(root)) {
      const auto own = own_cpu_time(each.pid);
      complete = complete && own;
      total = total.value_or(Duration(0)) + own.value_or(Duration(0)) + each.reaped_ticks * tick;
    }
    if (complete) break;
  }
  return total;
}

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found;
  for (const process::Entry& each : process::tree(root)) found.push_back(each.pid);
  return found;
}

Count count_of(pid_t root) {
  Count count;
  for (const process::Entry& each : process::tree(root)) {
    ++count.processes;
    count.threads += each.threads;
  }
  return count;
}

std::int64_t memory_of(pid_t root) {
  std::int64_t bytes = 0;
  for (const process::Entry& each : process::tree(root)) bytes += own_memory(each.pid);
  return bytes;
}

MachineCpu machine_cpu() {
  return parse_machine_cpu(content("/proc/stat"), ::sysconf(_SC_CLK_TCK));
}

NetCounters net_counters() {
  const std::string extended = content("/proc/net/netstat");
  return {.listen_overflows = net_counter(extended, "TcpExt", "ListenOverflows"),
          .listen_drops = net_counter(extended, "TcpExt", "ListenDrops"),
          .retransmitted_segments = net_counter(content("/proc/net/snmp"), "Tcp", "RetransSegs")};
}

PortRange ephemeral_ports() {
  return parse_port_range(content("/proc/sys/net/ipv4/ip_local_port_range"));
}

}  // namespace unrig::host
