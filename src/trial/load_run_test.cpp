#include "trial/load_run.h"

#include <gtest/gtest.h>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

load::Outcome frozen_for(Duration gap) {
  load::Outcome outcome;
  outcome.response.record(1ms, 90'000);
  outcome.response.record(gap, 10);
  outcome.longest_gap = gap;
  return outcome;
}

TEST(Gap, SaysWhatAClosedLoopDidNotAsk) {
  load::Plan plan;
  plan.loop = load::ClosedLoop{.clients = 10};
  const auto gap = find_gap(plan, frozen_for(1s));
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->seconds, 1.0);
  EXPECT_NEAR(gap->corrected.p99.us, 900'000, 2000);
}

TEST(Gap, IsNoneWhereNothingIsHidden) {
  load::Plan plan;
  plan.loop = load::OpenLoop{};
  EXPECT_FALSE(find_gap(plan, frozen_for(1s)));  // it asks all the same
  plan.loop = load::ClosedLoop{.clients = 10};
  EXPECT_FALSE(find_gap(plan, frozen_for(50ms)));
  load::Outcome stalled = frozen_for(1s);
  stalled.generator.longest_stall = 900ms;  // then it is not the server's
  EXPECT_FALSE(find_gap(plan, stalled));
  load::Outcome slow = frozen_for(1s);
  slow.response.record(1s, 90'000);  // P99 shows it
  EXPECT_FALSE(find_gap(plan, slow));
  EXPECT_FALSE(find_gap(plan, {}));
}

TEST(LoadRun, CountsThatDoNotAddUpAreAReason) {
  load::Outcome outcome;
  outcome.window_length = std::chrono::seconds(1);
  outcome.total = {.scheduled = 2, .issued = 2, .completed = 2};
  outcome.window = outcome.total;
  outcome.completed_in_window = 2;
  const auto reason = [&] {
    const auto& reasons = load_run("http://127.0.0.1/", {}, outcome).verdict.reasons;
    return reasons.empty() ? std::string() : reasons.front();
  };
  EXPECT_EQ(reason(), "");
  outcome.window.issued = 1;
  EXPECT_EQ(reason(), "internal: the counts of requests do not add up");
}

}  // namespace
}  // namespace unrig::trial
