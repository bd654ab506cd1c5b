#include "record/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/json.h"

namespace unrig::record {
namespace {

Point point(PointOutcome outcome, bool demanded = true) {
  return {.point = "body", .demanded = demanded, .outcome = outcome, .expected = "48 bytes"};
}
CheckedStack stack(std::vector<Point> points, std::string failure = {}) {
  CheckedStack made;
  made.label = "flask-gunicorn";
  made.points = std::move(points);
  made.failure = std::move(failure);
  return made;
}

TEST(CheckedStack, HoldsWhereEveryDemandedPointDoes) {
  using enum PointOutcome;
  EXPECT_EQ(stack({point(holds), point(recorded, false)}).outcome(), holds);
  EXPECT_EQ(stack({point(holds), point(not_checked, false)}).outcome(), holds);
  EXPECT_EQ(stack({point(holds), point(not_checked)}).outcome(), not_checked);
  EXPECT_EQ(stack({point(fails), point(not_checked)}).outcome(), fails);
  EXPECT_EQ(stack({}).outcome(), not_checked) << "nobody looked";
  EXPECT_EQ(stack({point(holds)}, "it does not start").outcome(), not_checked);
  EXPECT_EQ(stack({point(fails)}, "it does not start").outcome(), fails);
}

TEST(Check, IsAsItsWorstStack) {
  using enum PointOutcome;
  const auto of = [](std::vector<CheckedStack> stacks) {
    Check check;
    check.stacks = std::move(stacks);
    return check.outcome();
  };
  EXPECT_EQ(of({stack({point(holds)}), stack({point(holds)})}), holds);
  EXPECT_EQ(of({stack({point(holds)}), stack({point(not_checked)})}), not_checked);
  EXPECT_EQ(of({stack({point(fails)}), stack({point(not_checked)})}), fails);
  EXPECT_EQ(of({}), not_checked);
}

TEST(Check, IsWrittenWithReasonsOfWhatWasNotRead) {
  Check check{.unrig_version = "1", .started_at = "2026-11-24T10:32:11Z", .scenario = "article"};
  check.stacks = {stack({point(PointOutcome::not_checked)})};
  check.stacks[0].figures.head_bytes = 143U;
  check.stacks[0].figures.log_bytes = Reading<double>::not_checked("strace is not installed");
  const Json json = to_json(check);
  EXPECT_EQ(json.at("schema"), "unrig.check/1");
  EXPECT_EQ(json.at("outcome"), "not checked");
  const Json& written = json.at("stacks").at(0);
  EXPECT_EQ(written.at("failure"), nullptr);
  EXPECT_EQ(written.at("points").at(0).at("outcome"), "not checked");
  EXPECT_EQ(written.at("points").at(0).at("where"), nullptr);
  EXPECT_EQ(written.at("figures").at("head_bytes"), 143);
  EXPECT_EQ(written.at("figures").at("log_bytes"), nullptr);
  EXPECT_EQ(written.at("figures").at("not_checked").at("log_bytes"), "strace is not installed");
}

}  // namespace
}  // namespace unrig::record
