#include "host/probes.h"

#include <gtest/gtest.h>

namespace unrig::host {
namespace {

using namespace std::chrono_literals;

/// Sleeps ever longer than it is asked to: by 1 us the first time, by 2 us the second.
class LateClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void sleep_until(Instant when) const override { now_ = when + ++sleeps_ * 1us; }

 private:
  mutable Instant now_{1h};
  mutable int sleeps_ = 0;
};

TEST(TimerLateness, IsHowMuchLaterThanAskedAThreadWakes) {
  const auto late = timer_lateness(LateClock(), 200);
  EXPECT_EQ(late.p50, 101us);
  EXPECT_EQ(late.p99, 199us);
  EXPECT_EQ(late.most, 200us);
  const auto once = timer_lateness(LateClock(), 1);
  EXPECT_EQ(once.p50, 1us);
  EXPECT_EQ(once.most, 1us);
}

TEST(SplitAnswers, WaitForAConfirmationOnlyWithNagle) {
  const SystemClock clock;
  const auto seen = split_answers(clock);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_GT(seen->without_nagle, 0ns);
  EXPECT_GT(seen->with_nagle, 0ns);
  // The kernel puts a confirmation off for 40 ms (TCP_DELACK_MIN), unless the route says quickack.
  if (seen->with_nagle >= 35ms) {
    EXPECT_LT(seen->without_nagle, seen->with_nagle);
  }
}

}  // namespace
}  // namespace unrig::host
