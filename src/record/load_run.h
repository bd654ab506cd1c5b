/// \file
/// What one `unrig load` measured, as plain figures: the content of unrig.load/1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/expect.h"
#include "record/gate.h"
#include "record/load_times.h"
#include "stats/histogram.h"
#include "tally/tally.h"

namespace unrig::record {

struct LoadRun {
  std::string url;
  bool open = false;
  int threads_asked = 1;  ///< more than there are where they are more than connections
  int connections = 0;    ///< clients of a closed loop, most connections of an open one
  std::uint64_t seed = 0;
  http::Expectation expect;   ///< what a right answer was
  tally::Counts total;        ///< the whole schedule
  tally::Counts window;       ///< requests intended within the measurement window
  double warmup_seconds = 0;  ///< before the window
  double window_seconds = 0;
  // Of no meaning where the run ended before its window began.
  double throughput_per_s = 0;  ///< completions inside the window
  double offered_per_s = 0;     ///< requests intended within it
  std::uint64_t unasked_bytes = 0;
  std::uint64_t early_answers = 0;  ///< before their request had arrived completely
  std::uint64_t head_bodies = 0;    ///< bodies after answers to HEAD
  std::uint64_t reconnects = 0;
  std::uint64_t resent = 0;
  std::uint64_t bytes_in = 0;
  Times response_us, service_us, issue_delay_us;
  Times lateness_us;  ///< open loop only
  Times read_delay_us;
  Times connect_us, handshake_us;  ///< of new connections
  std::optional<Gap> gap;
  bool ramp = false;
  std::vector<tally::Second> series;
  std::uint64_t connects = 0;
  std::uint64_t handshakes = 0;
  stats::Histogram response;              ///< the source of response_us, for the picture
  std::map<int, std::uint64_t> statuses;  ///< whole answers by status
  std::string sample_failure;             ///< what one failure looked like; empty: nothing to show
  std::vector<tally::Sample> samples;     ///< one of each kind of failure
  tally::Generator generator;
  bool interrupted = false;
  tally::LoadVerdict verdict;
  std::vector<JudgedGate> gates = {};  ///< bounds that it had to keep

  /// CPU of the measuring threads per request completed within the window; 0 without any.
  [[nodiscard]] double cpu_us_per_request() const;
};

}  // namespace unrig::record
