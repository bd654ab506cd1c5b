#include "load/fast_clock.h"

#include <gtest/gtest.h>

namespace unrig::load {
namespace {

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return time; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void sleep_until(Instant when) const override { time = when; }
  mutable Instant time{std::chrono::seconds(5)};
};

TEST(FastClock, IsTheClockWhenNotCalibrated) {
  const FixedClock clock;
  EXPECT_EQ(FastClock(clock).now(), clock.now());
}

TEST(FastClock, LiesBetweenTwoReadingsOfTheClock) {
  const SystemClock clock;
  const FastClock fast = FastClock::calibrated(clock);
  const Instant calibrated = clock.now();
  for (int i = 0; i < 100; ++i) {
    const Instant before = clock.now();
    // Calibration can miss some 20 ns at each end of its 10 ms, which grows with the time since.
    const Duration slack = std::chrono::microseconds(1) + (before - calibrated) / 100'000;
    const Instant between = fast.now();
    const Instant after = clock.now();
    EXPECT_GE(between, before - slack);
    EXPECT_LE(between, after + slack);
    clock.sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(FastClock, IsNotFooledByACounterThatDisagreesWithTheClock) {
  // A clock that jumps: no constant rate explains its readings.
  class JumpingClock final : public Clock {
   public:
    [[nodiscard]] Instant now() const override {
      return Instant{jumped + real.now().time_since_epoch()};
    }
    [[nodiscard]] WallTime wall() const override { return {}; }
    void sleep_until(Instant when) const override {
      real.sleep_until(Instant{when.time_since_epoch() - jumped});
      jumped = jumped * 3 + std::chrono::milliseconds(1);
    }
    SystemClock real;
    mutable Duration jumped{0};
  };
  EXPECT_FALSE(FastClock::calibrated(JumpingClock{}).counts_ticks());
}

}  // namespace
}  // namespace unrig::load
