// What is asked in a trial: a row of the table, or what a stack says by itself.
#include <gtest/gtest.h>

#include "chain/questions.h"
#include "chain/row.h"
#include "trial/measured.h"
#include "trial/row_check.h"

namespace unrig::trial {
namespace {

class PlanFor : public ::testing::Test {
 protected:
  [[nodiscard]] load::Plan plan(const scenario::Scenario& scenario) const {
    constexpr int cores = 2;
    return plan_for({.selection = {&spec_, "2026"}, .scenario = scenario, .label = "one"}, {},
                    {.block = 1, .position = 1, .seed = 1}, cores, host::loopback(8000), check_);
  }
  stack::StackSpec spec_;
  RowCheck check_{chain::RowRule::known()};
};

TEST_F(PlanFor, ARowIsDrawnOrNamedAndChecked) {
  scenario::Scenario scenario;
  EXPECT_EQ(plan(scenario).request.path, "/test");
  EXPECT_FALSE(plan(scenario).keys);
  scenario.app_key = scenario::AppKey::request;
  EXPECT_EQ(plan(scenario).request.path, chain::path_for(0));
  ASSERT_TRUE(plan(scenario).keys);
  EXPECT_EQ(plan(scenario).keys->count, chain::row_count);
  EXPECT_EQ(plan(scenario).check, &check_);
}

TEST_F(PlanFor, AStacksOwnRequestIsHeldAgainstItsOwnExpectation) {
  spec_.own = stack::OwnRequest{.request = {.method = "POST", .path = "/orders", .body = "{}"},
                                .expect = {.status = 201}};
  scenario::Scenario scenario;
  scenario.app_key = scenario::AppKey::request;
  const auto own = plan(scenario);
  EXPECT_EQ(own.request.method, "POST");
  EXPECT_EQ(own.request.path, "/orders");
  EXPECT_EQ(own.request.body, "{}");
  EXPECT_EQ(own.expect.status, 201);
  EXPECT_FALSE(own.keys) << "it has no rows";
  EXPECT_EQ(own.check, nullptr) << "no answer of its is a row";
}

}  // namespace
}  // namespace unrig::trial
