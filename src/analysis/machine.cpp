#include "analysis/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/number.h"
#include "base/plural.h"
#include "process/fence.h"
#include "scenario/knobs.h"

namespace unrig::analysis {
namespace {

using host::Facts;
using record::Demand;
using record::Finding;
using record::Gravity;

/// Of a check that has nothing to say where the scenario does not ask for it.
using Checked = std::optional<Finding>;

Finding fine(std::string check, std::string observed) {
  return {.check = std::move(check), .observed = std::move(observed)};
}
Finding not_checked(std::string check, std::string why) {
  return {.check = std::move(check), .gravity = Gravity::not_checked, .observed = std::move(why)};
}

/// 1.5 GB, 120 MB: in powers of ten.
std::string size_text(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  return value >= 1e9 ? fmt::format("{:.1f} GB", value / 1e9)
                      : fmt::format("{:.0f} MB", value / 1e6);
}

Checked check_cores(const Facts& facts, const Demand&) {
  const std::string observed = fmt::format("{} that may be used", facts.cores);
  if (facts.cores > 1) return fine("cores", observed);
  return Finding{"cores", Gravity::matters, observed,
                 "load generator and chain take turns on one core: what one of them costs shows as "
                 "delay of the others",
                 "a machine with two cores, or all of this one's: taskset -pc 0-63 $$"};
}

Checked check_smt(const Facts& facts, const Demand&) {
  const std::string smt = facts.setting("cpu.smt");
  if (smt.empty()) return not_checked("SMT", "the kernel tells of no threads within cores");
  if (smt == "0") return fine("SMT", "off");
  return Finding{"SMT", Gravity::matters, "on: two threads share a core",
                 "a second busy thread adds far less than a core: what a stack gains from more "
                 "workers, and what it costs per request, depends on who shares its core",
                 "echo off > /sys/devices/system/cpu/smt/control"};
}

constexpr const char* not_governed =
    "the kernel does not govern frequencies here, as in most virtual machines";

Checked check_governor(const Facts& facts, const Demand&) {
  const std::string governor = facts.setting("cpu.governor");
  if (governor.empty()) return not_checked("governor", not_governed);
  if (governor == "performance") return fine("governor", governor);
  return Finding{"governor", Gravity::matters, governor,
                 "cores slow down while they wait and speed up late: under light load stacks look "
                 "slower than they are, and response times depend on what ran before",
                 "cpupower frequency-set -g performance"};
}

Checked check_turbo(const Facts& facts, const Demand&) {
  const std::string boost = facts.setting("cpu.boost");
  const std::string no_turbo = facts.setting("cpu.no_turbo");
  if (boost.empty() && no_turbo.empty()) return not_checked("turbo", not_governed);
  if (boost == "0" || no_turbo == "1") return fine("turbo", "off");
  return Finding{"turbo", Gravity::matters, "on",
                 "cores run faster while they are cool and few: the first trials are quicker than "
                 "the later ones, and one busy core is quicker than many",
                 no_turbo.empty() ? "echo 0 > /sys/devices/system/cpu/cpufreq/boost"
                                  : "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"};
}

Checked check_clock(const Facts& facts, const Demand&) {
  constexpr auto quick = std::to_array<std::string_view>(
      {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"});
  const std::string source = facts.setting("clocksource");
  if (source.empty()) return not_checked("clock source", "the kernel does not name it");
  if (std::ranges::find(quick, source) != quick.end()) return fine("clock source", source);
  return Finding{"clock source", Gravity::matters, source,
                 "to read the time is a system call: generator and applications, which do it for "
                 "each request, use more CPU time",
                 "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource, "
                 "where available_clocksource beside it has that"};
}

Checked check_swap(const Facts& facts, const Demand&) {
  if (!facts.swap_used_bytes) return not_checked("swap", "/proc/meminfo does not tell");
  if (*facts.swap_used_bytes == 0) return fine("swap", "none in use");
  return Finding{"swap", Gravity::matters, size_text(*facts.swap_used_bytes) + " in use",
                 "memory that comes back from the disk makes single requests wait for it: P99 is "
                 "that of the disk",
                 "swapoff -a"};
}

Checked check_memory(const Facts& facts, const Demand&) {
  if (!facts.memory_available_bytes) return not_checked("memory", "/proc/meminfo does not tell");
  const std::string observed = size_text(*facts.memory_available_bytes) + " to be had";
  if (*facts.memory_available_bytes >= little_memory) return fine("memory", observed);
  const bool too_little = *facts.memory_available_bytes < too_little_memory;
  return Finding{"memory", too_little ? Gravity::spoils : Gravity::matters, observed,
                 "workers are swapped out, or killed by the kernel while they serve",
                 "ps -eo rss,pid,comm --sort=-rss | head shows who has it"};
}

Checked check_huge_pages(const Facts& facts, const Demand&) {
  const std::string choice = facts.setting("transparent_hugepage");
  if (choice.empty()) return not_checked("huge pages", "this kernel has no transparent ones");
  if (choice != "always") return fine("huge pages", choice);
  return Finding{"huge pages", Gravity::matters, choice,
                 "the kernel hands out 2 MiB where it finds them and puts pages together while "
                 "requests wait: memory and P99 differ from run to run",
                 "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
}

Checked check_open_files(const Facts& facts, const Demand& demand) {
  if (!facts.open_files) return not_checked("open files", "getrlimit does not tell");
  // A worker of the proxy has two connections for each client's request, and files of its own.
  constexpr std::int64_t others = 64;
  const std::int64_t needed = std::int64_t{demand.serves_here ? 2 : 1} * demand.clients + others;
  const std::string observed = fmt::format("{} at most", *facts.open_files);
  if (*facts.open_files >= needed) return fine("open files", observed);
  return Finding{
      "open files", Gravity::spoils,
      fmt::format("{}, {} are needed for {}", observed, needed, counted(demand.clients, "client")),
      "connections are refused or dropped: requests fail",
      fmt::format("prlimit --pid $$ --nofile={}", std::max<std::int64_t>(needed, 65536))};
}

Checked check_ports(const Facts& facts, const Demand& demand) {
  const std::string range = facts.setting("net.ipv4.ip_local_port_range");
  const auto space = range.find(' ');
  const auto low = to_number<int>(range.substr(0, space));
  const auto high =
      space == std::string::npos ? std::nullopt : to_number<int>(range.substr(space + 1));
  const std::string reuse = facts.setting("net.ipv4.tcp_tw_reuse");
  if (!low || !high || reuse.empty())
    return not_checked("local ports", "the kernel does not tell its range or its reuse");
  const double ports = *high - *low + 1;
  // 2: connections of the machine with itself, which is the kernel's default since 4.19.
  const bool reused = reuse == "1" || (reuse == "2" && demand.serves_here);
  const double most_per_s = ports / (reused ? 1 : 60);
  std::string observed = fmt::format("{:.0f}, each again after {} s: {:.0f} connections/s", ports,
                                     reused ? 1 : 60, most_per_s);
  if (facts.time_wait) observed += fmt::format("; {} wait now", *facts.time_wait);
  if (!demand.new_connections) return fine("local ports", observed + "; connections are kept");
  const bool used_up =
      !reused && facts.time_wait && static_cast<double>(*facts.time_wait) > 0.9 * ports;
  const bool asks_more = demand.most_per_s && *demand.most_per_s > most_per_s;
  if (!used_up && !asks_more) return fine("local ports", observed);
  const bool surely = used_up || demand.rate_is_given;
  return Finding{"local ports", surely ? Gravity::spoils : Gravity::matters, observed,
                 "a connection that finds no port fails (no_port), and the port range is what is "
                 "measured",
                 "sysctl -w net.ipv4.tcp_tw_reuse=2 net.ipv4.ip_local_port_range='1024 65535'"};
}

Checked check_listen_queue(const Facts& facts, const Demand& demand) {
  if (!demand.serves_here) return std::nullopt;
  const auto most = to_number<int>(facts.setting("net.core.somaxconn"));
  if (!most) return not_checked("listen queue", "net.core.somaxconn cannot be read");
  const std::string observed = fmt::format("{} connections at most", *most);
  if (*most >= demand.listen_backlog) return fine("listen queue", observed);
  return Finding{
      "listen queue", *most < demand.clients ? Gravity::spoils : Gravity::matters,
      fmt::format("{}, listen_backlog is {}", observed, demand.listen_backlog),
      "who finds the queue full is asked again after a second: response times have "
      "steps of 1 s, and such a trial does not count",
      fmt::format("sysctl -w net.core.somaxconn={}", std::max(4096, demand.listen_backlog))};
}

Checked check_quota(const Facts& facts, const Demand&) {
  if (!facts.quota_cpus) return not_checked("CPU quota", "the control groups cannot be read");
  if (*facts.quota_cpus == 0) return fine("CPU quota", "none");
  const std::string observed =
      fmt::format("{:g} of {}", *facts.quota_cpus, counted(facts.cores, "core"));
  if (*facts.quota_cpus >= facts.cores) return fine("CPU quota", observed);
  return Finding{"CPU quota", Gravity::spoils, observed,
                 "where it is used up the generator stands still with the chain: such trials do "
                 "not count",
                 "lift it (docker update --cpus, systemctl set-property CPUQuota=); --set "
                 "machine.cpu=… gives the chain one that results know of"};
}

/// What an application may do to its judge, which has its account.
Checked check_fence(const Facts& facts, const Demand& demand) {
  if (!demand.serves_here) return std::nullopt;
  const std::string landlock = facts.setting("landlock");
  if (landlock.empty()) return not_checked("fence", "nobody has asked for the kernel's Landlock");
  const std::string gaps = process::fence_gaps(to_number<int>(landlock).value_or(0));
  if (!gaps.empty()) return not_checked("fence", gaps);
  return fine("fence", fmt::format("Landlock {}: applications write and signal only their own, "
                                   "whatever their account may",
                                   landlock));
}

constexpr auto fact_checks = std::to_array<Checked (*)(const Facts&, const Demand&)>(
    {check_cores, check_smt, check_governor, check_turbo, check_clock, check_swap, check_memory,
     check_huge_pages, check_open_files, check_ports, check_listen_queue, check_quota,
     check_fence});

/// The scenario of a cell as its run has stored it. A knob that this version lacks is left out.
scenario::Scenario stored_scenario(const record::Manifest& manifest, const record::Cell& cell) {
  scenario::Scenario scenario;
  for (const auto* knobs : {&manifest.knobs, &cell.knobs}) {
    for (const auto& [knob, value] : *knobs)
      static_cast<void>(scenario::set_text(scenario, knob, value));
  }
  return scenario;
}

}  // namespace

Demand demand_of(const scenario::Scenario& scenario, int cores, int workers, bool serves_here) {
  // Where the load's own connections run out of ports it takes other addresses of this machine.
  const bool proxy_connects = scenario.proxy_enabled && !scenario.proxy_keep_alive &&
                              scenario.proxy_socket == scenario::ProxySocket::tcp;
  const bool application_connects =
      scenario.pooler_enabled && scenario.db_connection == scenario::Connection::per_request;
  const bool proxy_keeps = scenario.proxy_enabled && scenario.proxy_keep_alive;
  Demand demand{.clients = scenario.number(scenario.clients, cores, workers),
                .serves_here = serves_here,
                .new_connections = serves_here ? proxy_connects || application_connects
                                               : !scenario.client_keep_alive,
                .keeps_connections = scenario.client_keep_alive || (serves_here && proxy_keeps),
                .listen_backlog = serves_here ? scenario.listen_backlog : 0};
  const Duration waits = scenario.think_time + (serves_here ? scenario.db_delay : Duration(0));
  if (scenario.arrival_rate) {
    demand.most_per_s = scenario.arrival_rate->per_second;
    demand.rate_is_given = true;
  } else if (waits > Duration(0)) {
    demand.most_per_s = demand.clients / seconds(waits);
  }
  return demand;
}

std::vector<Finding> findings_of(const Facts& facts, const Demand& demand) {
  std::vector<Finding> findings;
  for (const auto& check : fact_checks) {
    if (auto finding = check(facts, demand)) findings.push_back(std::move(*finding));
  }
  return findings;
}

bool is_fit(std::span<const Finding> findings) {
  return std::ranges::find(findings, Gravity::spoils, &Finding::gravity) == findings.end();
}

std::vector<MachineFinding> machine_findings(const record::Manifest& manifest) {
  std::vector<MachineFinding> found;
  for (const auto& cell : manifest.cells) {
    const Demand demand = demand_of(stored_scenario(manifest, cell), manifest.host.cores,
                                    cell.workers, !record::measures_urls(manifest));
    for (auto& finding : findings_of(manifest.host, demand)) {
      const auto known = std::ranges::find(found, finding, &MachineFinding::finding);
      if (known == found.end()) {
        found.push_back({.finding = std::move(finding), .labels = {cell.label}});
      } else {
        known->labels.push_back(cell.label);
      }
    }
  }
  for (auto& each : found) each.holds_for_all = each.labels.size() == manifest.cells.size();
  return found;
}

}  // namespace unrig::analysis
