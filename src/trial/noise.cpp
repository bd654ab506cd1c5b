#include "trial/noise.h"

#include <algorithm>

#include "host/host.h"
#include "trial/outcome.h"
#include "trial/watch.h"

namespace unrig::trial {

record::Disturbance look_around(const Clock& clock, Duration length,
                                const std::function<bool()>& stop, bool counts_programs) {
  constexpr auto turn = std::chrono::milliseconds(100);
  const auto reading = [] {
    return CpuReading{.of = {}, .usage = host::usage({}), .machine = host::machine_cpu()};
  };
  Watch seen;
  seen.first = reading();
  const Instant end = clock.now() + length;
  while (clock.now() < end && !stop()) {
    clock.sleep_until(std::min(end, clock.now() + turn));
  }
  seen.last = reading();
  record::Trial nothing;  // without frequencies: an idle machine lowers its own
  if (counts_programs) {
    fill_disturbance(nothing, seen);
  } else {
    fill_machine_use(nothing, seen.first.machine, seen.last.machine);
  }
  return nothing.disturbance;
}

}  // namespace unrig::trial
