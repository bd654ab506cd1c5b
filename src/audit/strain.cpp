#include "audit/strain.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "record/disturbance.h"

namespace unrig::audit {
namespace {

/// What a share of a short time may be off by: the kernel counts CPU time of others in ticks.
constexpr Duration one_tick = std::chrono::milliseconds(10);

/// The figures that a trial's disturbance has, of which less than a tick is nothing.
record::Disturbance disturbance_between(const Moment& first, const Moment& last) {
  record::Disturbance seen;
  if (!first.machine || !last.machine) return seen;
  const host::MachineCpu& a = *first.machine;
  const host::MachineCpu& b = *last.machine;
  const Duration all = (b.busy - a.busy) + (b.steal - a.steal) + (b.idle - a.idle);
  if (all <= Duration(0)) return seen;
  const auto share = [&](Duration used) {
    return seconds(std::max(used - one_tick, Duration(0))) / seconds(all);
  };
  const host::Foreign foreign = host::foreign_between(first.usage, last.usage);
  seen.steal = share(b.steal - a.steal);
  seen.foreign = share(foreign.used);
  seen.foreign_name = foreign.name;
  return seen;
}

}  // namespace

Moment moment_now(pid_t server) {
  Moment now{.usage = host::usage(std::span(&server, 1)), .machine = host::machine_cpu()};
  now.threads = host::threads_of(now.usage.members.front());
  return now;
}

std::string strain_between(const Moment& first, const Moment& last, Duration patience) {
  const auto disturbance = disturbance_between(first, last);
  for (const record::Cause cause : record::causes_of(disturbance))
    return record::reason_of(cause, disturbance);
  if (!first.threads || !last.threads) return {};
  const Duration waited = host::use_between(*first.threads, *last.threads).most_waited;
  if (waited <= patience) return {};
  return fmt::format("its busiest thread waited {} for a core", human(waited));
}

}  // namespace unrig::audit
