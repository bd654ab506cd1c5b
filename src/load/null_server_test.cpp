#include "load/null_server.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;

Plan short_plan(bool keep_alive) {
  Plan plan;
  plan.loop = ClosedLoop{.clients = 4};
  plan.keep_alive = keep_alive;
  plan.duration = 100ms;
  plan.expected_body = std::string(16, 'x');
  return plan;
}

TEST(NullServer, AnswersEveryRequestOnKeptConnectionsAndOnNewOnes) {
  for (const bool keep_alive : {true, false}) {
    const auto outcome = run_against_null_server(short_plan(keep_alive), SystemClock(), {});
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_GT(outcome->total.completed, 0u);
    EXPECT_EQ(outcome->total.failed(), 0u) << outcome->sample_failure();
    EXPECT_GT(outcome->throughput(), 0);
  }
}

TEST(NullServer, RefusesAPortThatIsTaken) {
  const auto first = NullServer::listen();
  ASSERT_TRUE(first);
  EXPECT_GT(first->port(), 0);
  EXPECT_FALSE(NullServer::listen(first->port()));
}

TEST(NullServer, LeavesAWrongPlanToTheLoad) {
  Plan plan = short_plan(true);
  plan.loop = ClosedLoop{.clients = 0};
  const auto outcome = run_against_null_server(plan, SystemClock(), {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace unrig::load
