#include "record/load_run.h"

namespace unrig::record {

double LoadRun::cpu_us_per_request() const {
  const double requests = throughput_per_s * window_seconds;
  return requests > 0 ? microseconds(generator.cpu) / requests : 0;
}

}  // namespace unrig::record
