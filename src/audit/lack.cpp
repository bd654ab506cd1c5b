#include "audit/lack.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "host/programs.h"
#include "host/sockets.h"
#include "host/usage.h"

namespace unrig::audit {
namespace {

/// In unrig itself, which needs the most of all processes: the client's end of a connection, and
/// both ends of each of the four relays that it and its statement pass. A process has some files
/// besides.
constexpr std::uint64_t files_per_connection = 9;
constexpr std::uint64_t files_besides = 64;
/// A closed connection keeps its port for a minute.
constexpr int ports_per_connection = 30;

}  // namespace

Means means_now(pid_t root) {
  Means means;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) means.open_files = files.rlim_cur;
  means.local_ports = host::ephemeral_ports().count();
  means.listen_queue = host::longest_listen_queue();
  means.full_queues = host::net_counters().listen_overflows;
  means.sees_processes = !host::descendants(root).empty();
  return means;
}

std::string lack_of(const Means& before, const Means& after, int connections,
                    const std::vector<std::string>& logs) {
  if (!after.sees_processes) return "/proc does not show the server's processes";
  for (const std::string& log : logs) {
    if (const auto want = host::want_in(log); !want.of.empty()) {
      return fmt::format("this machine was short of {}: \"{}\"", want.of, want.words);
    }
  }
  const auto wanted = static_cast<std::uint64_t>(connections);
  const std::uint64_t files = wanted * files_per_connection + files_besides;
  if (after.open_files && *after.open_files < files) {
    return fmt::format("a process may have {} open files, {} are needed: ulimit -n {}",
                       *after.open_files, files, files);
  }
  if (after.local_ports && *after.local_ports < connections * ports_per_connection) {
    return fmt::format(
        "the kernel hands out {} local ports, {} are needed: "
        "sysctl net.ipv4.ip_local_port_range=\"32768 60999\"",
        *after.local_ports, connections * ports_per_connection);
  }
  const bool overflowed =
      before.full_queues && after.full_queues && *after.full_queues > *before.full_queues;
  const bool is_short = after.listen_queue && *after.listen_queue < connections;
  if (overflowed || is_short) {
    return fmt::format(
        "{} connections found a full listen queue; the kernel allows {}: "
        "sysctl net.core.somaxconn=4096",
        overflowed ? *after.full_queues - *before.full_queues : 0,
        after.listen_queue ? std::to_string(*after.listen_queue) : "?");
  }
  return {};
}

Means without(Means means, const std::optional<std::uint64_t>& turned_away) {
  if (means.full_queues)
    *means.full_queues -= std::min(*means.full_queues, turned_away.value_or(0));
  return means;
}

void excuse(std::vector<record::Claim>& claims, const std::string& lack) {
  if (lack.empty()) return;
  for (record::Claim& claim : claims) {
    const bool depends = claim.claim == "workers" || claim.claim == "concurrency" ||
                         claim.claim == "driver yields" || claim.claim == "statements";
    if (!depends || claim.ok != false) continue;
    claim.ok.reset();
    claim.observed = fmt::format("{} (seen: {})", lack, claim.observed);
  }
}

}  // namespace unrig::audit
