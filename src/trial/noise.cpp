#include "trial/noise.h"

#include <algorithm>

#include "host/usage.h"
#include "trial/cpu_sampler.h"
#include "trial/figures.h"

namespace unrig::trial {

record::Disturbance look_around(const Clock& clock, Duration length,
                                const std::function<bool()>& stop, bool counts_programs) {
  constexpr auto turn = std::chrono::milliseconds(100);
  CpuSampler cpu({}, [&clock] {
    return CpuReading{
        .at = clock.now(), .of = {}, .usage = host::usage({}), .machine = host::machine_cpu()};
  });
  cpu.begin();
  const Instant end = clock.now() + length;
  while (clock.now() < end && !stop()) {
    clock.sleep_until(std::min(end, clock.now() + turn));
  }
  cpu.end();
  record::Signals seen;  // without frequencies: an idle machine lowers its own
  if (counts_programs) {
    cpu.write(seen);
  } else {
    cpu.write_use(seen.machine);
  }
  return disturbance_of(seen.machine);
}

}  // namespace unrig::trial
