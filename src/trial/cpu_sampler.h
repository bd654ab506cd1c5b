/// \file
/// Who had the cores within the window: each component, other programs, the whole machine.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "host/host.h"
#include "host/threads.h"
#include "host/usage.h"
#include "record/signals.h"
#include "trial/lives.h"

namespace unrig::trial {

/// What was used up to one moment.
struct CpuReading {
  /// Not set: it could not be read.
  struct Group {
    std::optional<Duration> cpu = {};
    std::optional<host::Threads> threads = {};
  };
  Instant at = {};
  std::map<record::Component, Group> of = {};
  host::Usage usage = {};
  std::optional<host::MachineCpu> machine = {};
  std::map<int, host::MachineCpu> cores = {};  ///< empty: it could not be read
};
/// Some milliseconds for a hundred processes: for the ends of the window alone.
[[nodiscard]] CpuReading read_cpu(const host::Host& host, std::span<const Part> parts,
                                  const Clock& clock);

class CpuSampler {
 public:
  using Read = std::function<CpuReading()>;

  /// `parts`: those that the scenario has.
  CpuSampler(std::vector<record::Component> parts, Read read)
      : parts_(std::move(parts)), read_(std::move(read)) {}

  void begin() { first_ = read_(); }
  void end() { last_ = read_(); }

  void write(record::Signals& signals) const;
  /// Busy and stolen time alone.
  void write_use(record::MachineSignals& machine) const;

  /// When the two readings were taken.
  [[nodiscard]] Instant first_at() const { return first_.at; }
  [[nodiscard]] Instant last_at() const { return last_.at; }

 private:
  void write_part(record::Component part, record::ProcessSignals& signals) const;
  void write_cores(record::MachineSignals& machine) const;
  void write_others(record::MachineSignals& machine) const;

  std::vector<record::Component> parts_;
  Read read_;
  CpuReading first_, last_;
};

}  // namespace unrig::trial
