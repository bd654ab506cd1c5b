#include "trial/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/units.h"

namespace unrig::trial {
namespace {

using record::Component;

template <class T>
void note(record::Trial& trial, const char* what, const record::Reading<T>& reading) {
  if (!reading) trial.could_not_read(what, reading.why());
}

void note_machine(record::Trial& trial) {
  const record::MachineSignals& machine = trial.signals.machine;
  note(trial, "CPU time of the machine", machine.busy);
  note(trial, "steal time", machine.steal);
  if (trial.conditions->sees_server) {
    note(trial, "change of the cores' frequency", machine.frequency_change);
    note(trial, "CPU time of other programs", machine.foreign);
    note(trial, "unseen CPU time", machine.unseen);
    note(trial, "full listen queues", machine.listen_overflows);
  }
  note(trial, "whether the machine slept", machine.suspended_seconds);
  if (!trial.conditions->sees_server) {
    trial.could_not_read("what the server's machine and its parts did",
                         "somebody else runs it: it is seen from outside only");
  }
}

constexpr double us_per_s = 1e6;

void fill_cpu(record::Trial& trial, double requests) {
  record::CpuPerRequest& cpu = trial.cpu_us_per_request;
  double known_s = 0;
  bool knows_all = true;
  const auto used_by = [&](Component component) -> std::optional<double> {
    const record::ProcessSignals* signals = trial.signals.of(component);
    if (signals == nullptr) return 0;  // the scenario leaves it out
    if (!signals->cpu_seconds) {
      trial.could_not_read(fmt::format("CPU time of the {}", to_text(component)),
                           signals->cpu_seconds.why());
      knows_all = false;
      return std::nullopt;
    }
    known_s += *signals->cpu_seconds;
    return *signals->cpu_seconds * us_per_s / requests;
  };
  cpu.load = used_by(Component::load);
  if (!trial.conditions->sees_server) return;
  cpu.proxy = used_by(Component::proxy);
  cpu.app = used_by(Component::app);
  cpu.pooler = used_by(Component::pooler);
  cpu.database = used_by(Component::database);
  if (!knows_all || !trial.signals.machine.cpu_seconds) {
    trial.could_not_read("unattributed CPU time", "what it is the rest of could not be read");
    return;
  }
  const double rest_s = *trial.signals.machine.cpu_seconds - known_s;
  cpu.unattributed = std::max(0.0, rest_s * us_per_s / requests);
}

void fill_sessions(record::Trial& trial) {
  const record::SessionSignals& sessions = trial.signals.sessions;
  note(trial, "database sessions", sessions.most);
  if (!sessions.cut_short.empty()) {
    trial.could_not_read("database sessions, at times", sessions.cut_short);
  }
  trial.db.sessions_max = sessions.most.value();
  trial.db.sessions_mean = sessions.mean.value();
  trial.db.clients_waiting_mean = sessions.waiting_mean.value();
}

}  // namespace

record::Disturbance disturbance_of(const record::MachineSignals& machine) {
  return {.machine_busy = machine.busy.value(),
          .steal = machine.steal.value(),
          .foreign = machine.foreign.value(),
          .foreign_name = machine.foreign_name,
          .unseen = machine.unseen.value(),
          .frequency_change = machine.frequency_change.value(),
          .listen_overflows = machine.listen_overflows.value(),
          .suspended_seconds = machine.suspended_seconds.value()};
}

void fill_figures(record::Trial& trial, std::uint64_t completed) {
  trial.disturbance = disturbance_of(trial.signals.machine);
  note_machine(trial);
  if (completed > 0) {
    fill_cpu(trial, static_cast<double>(completed));
  } else if (trial.conditions->sees_server) {
    trial.could_not_read("CPU time per request", "no request was completed within the window");
  }
  if (trial.conditions->sees_server) fill_sessions(trial);
}

}  // namespace unrig::trial
