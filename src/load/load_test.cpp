#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "base/clock.h"
#include "base/testing.h"
#include "load/load.h"
#include "load/share.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// 20 ms against a port that nobody listens at, from a thread that lacks these system calls.
Result<Outcome> run_without(const std::vector<long>& calls, const std::vector<int>& cpus,
                            bool real_time = false) {
  Result<Outcome> outcome = fail(ErrorKind::internal, "no filter may be set");
  std::jthread([&] {
    if (!forbid_calls(calls, EPERM)) return;
    const SystemClock clock;
    Plan plan{.address = address_of(host::loopback(1)), .cpus = cpus};
    plan.duration = 20ms;
    plan.real_time = real_time;
    outcome = run(plan, clock, {});
  }).join();
  return outcome;
}

TEST(Run, SaysWhereItMayWakeLate) {
  const auto usual = run_without({}, {});
  ASSERT_TRUE(usual) << usual.error().what;
  EXPECT_EQ(usual->generator.timer_note, "");
  const auto late = run_without({SYS_prctl}, {});
  ASSERT_TRUE(late) << late.error().what;
  EXPECT_THAT(late->generator.timer_note, HasSubstr("50 us late: prctl(PR_SET_TIMERSLACK)"));
}

bool may_be_real_time() {
  bool may = false;
  std::jthread([&] {
    constexpr sched_param least{.sched_priority = 1};
    may = ::sched_setscheduler(0, SCHED_RR, &least) == 0;
  }).join();
  return may;
}

TEST(Run, GoesFirstWhereItMay) {
  const auto usual = run_without({}, {});
  ASSERT_TRUE(usual) << usual.error().what;
  EXPECT_FALSE(usual->generator.real_time) << "it was not asked for";
  const auto refused = run_without({SYS_sched_setscheduler}, {}, true);
  ASSERT_TRUE(refused) << refused.error().what;
  EXPECT_FALSE(refused->generator.real_time);
  const auto asked = run_without({}, {}, true);
  ASSERT_TRUE(asked) << asked.error().what;
  EXPECT_EQ(asked->generator.real_time, may_be_real_time());
}

TEST(Run, IsNotCalledPinnedWhereItIsNot) {
  const auto nowhere = run_without({SYS_sched_setaffinity}, {});
  EXPECT_TRUE(nowhere) << "no cores were asked for";
  const auto refused = run_without({SYS_sched_setaffinity}, {0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::environment);
  EXPECT_THAT(refused.error().what, HasSubstr("cannot be pinned"));
}

TEST(Run, ClockStartsWhenEverythingIsThere) {
  const SystemClock clock;
  Plan plan;
  plan.address = address_of(host::loopback(1));
  plan.loop = OpenLoop{.rate = Rate{5e5}, .end_rate = {}};
  plan.duration = 20s;  // a schedule that takes its time
  Duration drawing = Duration::max();
  for (int i = 0; i < 3; ++i) {
    const Instant before = clock.now();
    EXPECT_EQ(divide(plan, {}).front().schedule.size(), 10'000'000u);
    drawing = std::min(drawing, clock.now() - before);
  }
  std::stop_source stop;
  stop.request_stop();  // before the first request
  const Instant before = clock.now();
  const auto outcome = run(plan, clock, stop.get_token());
  ASSERT_TRUE(outcome);
  EXPECT_GT(outcome->start - before, drawing / 4);
  EXPECT_EQ(outcome->total.issued, 0u);
}

}  // namespace
}  // namespace unrig::load
