#include "load/share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Plan open_plan(int threads) {
  Plan plan;
  plan.loop = OpenLoop{.rate = Rate{4}, .end_rate = {}, .connections = 10};
  plan.warmup = 1s;
  plan.duration = 1s;
  plan.threads = threads;
  return plan;
}

TEST(Share, WarmUpComesBeforeTheWindow) {
  EXPECT_THAT(divide(open_plan(1), "").front().schedule,
              ElementsAre(0ms, 250ms, 500ms, 750ms, 1000ms, 1250ms, 1500ms, 1750ms));
}

TEST(Share, RampBeginsWithTheWindow) {
  Plan plan = open_plan(1);
  std::get<OpenLoop>(plan.loop).end_rate = Rate{8};
  const auto schedule = divide(plan, "").front().schedule;
  ASSERT_EQ(schedule.size(), 4u + 6u);
  EXPECT_THAT(std::vector(schedule.begin(), schedule.begin() + 5),
              ElementsAre(0ms, 250ms, 500ms, 750ms, 1000ms));
  EXPECT_LT(schedule[9] - schedule[8], schedule[5] - schedule[4]);
}

TEST(Share, OneGlobalScheduleIsDealtInTurn) {
  const auto shares = divide(open_plan(3), "");
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_THAT(shares[0].schedule, ElementsAre(0ms, 750ms, 1500ms));
  EXPECT_THAT(shares[1].schedule, ElementsAre(250ms, 1000ms, 1750ms));
  EXPECT_THAT(shares[2].schedule, ElementsAre(500ms, 1250ms));
}

TEST(Share, ConnectionsAndClientsAreDivided) {
  Plan plan;
  plan.loop = ClosedLoop{.clients = 8};
  plan.threads = 3;
  const auto shares = divide(plan, "GET");
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_EQ(shares[0].connections, 3);
  EXPECT_EQ(shares[1].connections, 3);
  EXPECT_EQ(shares[2].connections, 2);
  EXPECT_EQ(shares[1].first_client, 3);
  EXPECT_EQ(shares[2].first_client, 6);
  EXPECT_EQ(shares[2].request, "GET");
}

TEST(Share, NoThreadWithoutAConnection) {
  Plan plan;
  plan.loop = ClosedLoop{.clients = 2};
  plan.threads = 5;
  EXPECT_EQ(divide(plan, "").size(), 2u);
}

}  // namespace
}  // namespace unrig::load
