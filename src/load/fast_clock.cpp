#include "load/fast_clock.h"

#include <cmath>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace unrig::load {

#if defined(__x86_64__)
namespace {

/// Constant rate in all states (Intel SDM 18.17.1, AMD APM 13.2.4: CPUID 8000_0007h, EDX bit 8).
bool invariant_counter() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
}

struct ClockReading {
  std::uint64_t tick = 0;
  Instant instant;
};

/// Both at the same time, as well as it can be done: of several tries the one in which reading the
/// clock took least.
ClockReading read_both(const Clock& clock) {
  ClockReading best;
  std::uint64_t best_width = ~std::uint64_t{0};
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = __rdtsc();
    const Instant instant = clock.now();
    const std::uint64_t width = __rdtsc() - before;
    if (width >= best_width) continue;
    best_width = width;
    best = {before + width / 2, instant};
  }
  return best;
}

double ns_per_tick(const ClockReading& from, const ClockReading& to) {
  const auto ns = static_cast<double>((to.instant - from.instant).count());
  return ns / static_cast<double>(to.tick - from.tick);
}

}  // namespace

FastClock FastClock::calibrated(const Clock& clock) {
  FastClock fast(clock);
  if (!invariant_counter()) return fast;
  constexpr Duration half = std::chrono::milliseconds(5);
  const ClockReading first = read_both(clock);
  clock.sleep_for(half);
  const ClockReading middle = read_both(clock);
  clock.sleep_for(half);
  const ClockReading last = read_both(clock);
  // Two halves that disagree by more than reading the clock can explain: not to be trusted.
  constexpr double tolerance = 100e-6;
  const double rate = ns_per_tick(first, last);
  const double ratio = ns_per_tick(first, middle) / ns_per_tick(middle, last);
  if (!(rate > 0) || !(std::abs(ratio - 1) < tolerance)) return fast;
  fast.first_tick_ = first.tick;
  fast.first_instant_ = first.instant;
  fast.scale_ = static_cast<std::uint64_t>(std::ldexp(rate, scale_bits));
  return fast;
}
#else
FastClock FastClock::calibrated(const Clock& clock) {
  return FastClock(clock);
}
#endif

}  // namespace unrig::load
