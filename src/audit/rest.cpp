#include "audit/rest.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace unrig::audit {
namespace {

bool is_same(const TapCounts& a, const TapCounts& b) {
  return a.bytes_forth == b.bytes_forth && a.bytes_back == b.bytes_back && a.open == b.open;
}

std::vector<TapCounts> read(std::span<const Resting> taps) {
  std::vector<TapCounts> counts;
  for (const Resting& each : taps) counts.push_back(each.tap->counts());
  return counts;
}

}  // namespace

std::vector<TapCounts> counts_at_rest(std::span<const Resting> taps, const Clock& clock) {
  constexpr Duration turn = std::chrono::milliseconds(25);
  constexpr int quiet_turns = 4;
  constexpr int most = 120;
  auto counts = read(taps);
  for (int i = 0, quiet = 0; i < most && quiet < quiet_turns; ++i) {
    clock.sleep_for(turn);
    auto now = read(taps);
    bool rest = std::equal(now.begin(), now.end(), counts.begin(), is_same);
    for (std::size_t hop = 0; hop < now.size(); ++hop) {
      rest = rest && (taps[hop].kept || now[hop].open == 0) && now[hop].postgres.under_way == 0;
    }
    quiet = rest ? quiet + 1 : 0;
    counts = std::move(now);
  }
  return counts;
}

}  // namespace unrig::audit
