#include "trial/cpu_sampler.h"

#include <algorithm>

namespace unrig::trial {

CpuReading read_cpu(const host::Host& host, std::span<const Part> parts, const Clock& clock) {
  std::vector<pid_t> roots;
  for (const Part& part : parts) roots.push_back(part.root);
  CpuReading reading{.at = clock.now(),
                     .of = {},
                     .usage = host.usage(roots),
                     .machine = host::machine_cpu(),
                     .cores = host::core_cpus()};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    reading.of[parts[i].component] = {.cpu = reading.usage.trees[i],
                                      .threads = host::threads_of(reading.usage.members[i])};
  }
  return reading;
}

void CpuSampler::write_part(record::Component part, record::ProcessSignals& signals) const {
  using Unit = record::Reading<double>;
  const auto found = [&](const CpuReading& reading) {
    const auto group = reading.of.find(part);
    return group == reading.of.end() ? CpuReading::Group{} : group->second;
  };
  const CpuReading::Group first = found(first_);
  const CpuReading::Group last = found(last_);
  if (first.cpu && last.cpu) {
    signals.cpu_seconds = seconds(*last.cpu - *first.cpu);
  } else {
    signals.cpu_seconds =
        Unit::not_checked("its processes could not be read in /proc at both ends of the window");
  }
  const Duration between = last_.at - first_.at;
  if (!first.threads || !last.threads || between <= Duration(0)) {
    const char* why = "the kernel does not count it for threads (/proc/PID/task/TID/schedstat)";
    signals.queue_wait_seconds = signals.busiest_thread = signals.busiest_thread_wait =
        Unit::not_checked(why);
    signals.times_scheduled = record::Reading<std::uint64_t>::not_checked(why);
    return;
  }
  const host::ThreadsUse use = host::use_between(*first.threads, *last.threads);
  signals.queue_wait_seconds = seconds(use.waited);
  // The two looks take some milliseconds, so that it may come out a little above.
  signals.busiest_thread = std::min(1.0, seconds(use.most) / seconds(between));
  signals.busiest_thread_wait = std::min(1.0, seconds(use.most_waited) / seconds(between));
  signals.times_scheduled = use.scheduled;
}

void CpuSampler::write_use(record::MachineSignals& machine) const {
  const auto unknown = [&](const char* why) {
    machine.cpu_seconds = machine.busy = machine.steal = record::Reading<double>::not_checked(why);
  };
  if (!first_.machine || !last_.machine) return unknown("/proc/stat cannot be read");
  const auto use = host::use_between(*first_.machine, *last_.machine);
  if (!use) return unknown("/proc/stat stood still");
  machine.cpu_seconds = seconds(last_.machine->busy - first_.machine->busy);
  machine.busy = use->busy;
  machine.steal = use->steal;
}

void CpuSampler::write_cores(record::MachineSignals& machine) const {
  const auto most = host::most_between(first_.cores, last_.cores);
  if (!most) {
    machine.busiest_core = machine.core_interrupts = machine.core_steal =
        record::Reading<double>::not_checked("/proc/stat does not tell of single cores");
    return;
  }
  machine.busiest_core = most->busy;
  machine.core_interrupts = most->interrupts;
  machine.core_steal = most->steal;
}

void CpuSampler::write_others(record::MachineSignals& machine) const {
  const auto unknown = [&](const char* why) {
    machine.foreign = machine.unseen = record::Reading<double>::not_checked(why);
  };
  const host::Usage& before = first_.usage;
  const host::Usage& after = last_.usage;
  if (!before.sees_all || !after.sees_all) return unknown("/proc hides the processes of others");
  if (!machine.busy) return unknown("the machine's CPU time could not be read");
  const host::MachineCpu& a = *first_.machine;
  const host::MachineCpu& b = *last_.machine;
  const Duration busy = b.busy - a.busy;
  const Duration all = busy + (b.steal - a.steal) + (b.idle - a.idle);
  const host::Foreign foreign = host::foreign_between(before, after);
  machine.foreign = seconds(foreign.used) / seconds(all);
  machine.foreign_name = foreign.name;
  const Duration known = (after.own - before.own) + (after.kernel - before.kernel) +
                         (b.interrupts - a.interrupts) + foreign.used;
  machine.unseen = std::max(0.0, seconds(busy - known) / seconds(all));
}

void CpuSampler::write(record::Signals& signals) const {
  for (const record::Component part : parts_) write_part(part, signals.processes[part]);
  write_use(signals.machine);
  write_cores(signals.machine);
  write_others(signals.machine);
}

}  // namespace unrig::trial
