#include "analysis/distance.h"

#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

Elasticity elasticity(const std::string& suspect, const std::string& knob, double from,
                      double estimate, Proof proof = Proof::confirmed) {
  return {.change = {.suspect = suspect, .knob = knob, .from = from, .to = from * 1.25},
          .blocks = 5,
          .elasticity = {.estimate = estimate, .low = estimate - 0.1, .high = estimate + 0.1},
          .proof = proof,
          .why_not = {}};
}

Row row_of(const std::string& label, std::vector<Elasticity> elasticities) {
  Row row{.cell = {.label = label}};
  row.limiter = {.name = elasticities.front().change.suspect,
                 .confirmed = elasticities.front().proof == Proof::confirmed};
  row.elasticities = std::move(elasticities);
  return row;
}

const Row sync_stack = row_of("flask", {elasticity("workers", "workers.sync", 7, 0.9)});
const Row on_cpu = row_of("starlette", {elasticity("cpu", "machine.cpu", 2, 1)});

// (1 / 0.75)^(1 / 0.9) = 1.377, times 7 workers: 9.6.
TEST(Distance, TheSlowerOneWouldNeedMoreOfItsOwn) {
  const std::string expected =
      "flask is limited by its workers (elasticity 0.90 [0.80, 1.00]): with roughly 1.4 times as "
      "many (10 instead of 7) the two would be equal";
  EXPECT_EQ(distance_text(sync_stack, on_cpu, 0.75), expected);
  EXPECT_EQ(distance_text(on_cpu, sync_stack, 1 / 0.75), expected);
}

// 0.75^(1 / 0.9) = 0.726, times 7: 5.1.
TEST(Distance, WhereNothingIsKnownOfTheSlowerOneTheFasterOneWouldNeedLess) {
  const Row unknown = row_of("b", {elasticity("cpu", "machine.cpu", 2, 0.3, Proof::undecided)});
  EXPECT_EQ(
      distance_text(sync_stack, unknown, 1 / 0.75),
      "flask is limited by its workers (elasticity 0.90 [0.80, 1.00]): with roughly 0.7 times "
      "as many (5 instead of 7) the two would be equal");
  EXPECT_EQ(distance_text(unknown, unknown, 2), "");
}

// Of 100 clients a follows with 1 and b with 0.2: 1.5^(1 / 0.8) = 1.66.
TEST(Distance, OfASettingOfBothTheyMoveApartByTheDifference) {
  const Row a = row_of("a", {elasticity("clients", "clients", 100, 1)});
  Row b = row_of("b", {elasticity("workers", "workers.sync", 7, 1),
                       elasticity("clients", "clients", 100, 0.2, Proof::undecided)});
  EXPECT_EQ(distance_text(a, b, 1 / 1.5),
            "a is limited by the clients (elasticity 1.00 [0.90, 1.10]): with roughly 1.7 times as "
            "many (166 instead of 100) the two would be equal");
  b.elasticities.pop_back();
  EXPECT_EQ(distance_text(a, b, 1 / 1.5),
            "a is limited by the clients (elasticity 1.00 [0.90, 1.10]): how the other one follows "
            "it was not measured");
}

// A fifth more by the inverse of the delay: 1 / 1.2 of it.
TEST(Distance, ADelayGetsShorter) {
  const Row a = row_of("a", {elasticity("latency", "db.delay", 0.02, 1)});
  const Row b = row_of("b", {elasticity("workers", "workers.sync", 7, 1),
                             elasticity("latency", "db.delay", 0.02, 0, Proof::refuted)});
  EXPECT_EQ(distance_text(a, b, 1 / 1.2),
            "a is limited by the query's delay (elasticity 1.00 [0.90, 1.10]): with roughly 0.8 "
            "times as long a delay the two would be equal");
}

TEST(Distance, FartherThanFourTimesNothingIsExtrapolated) {
  EXPECT_EQ(distance_text(sync_stack, on_cpu, 0.2),
            "flask is limited by its workers (elasticity 0.90 [0.80, 1.00]): no value within 4 "
            "times of it makes the two equal");
}

}  // namespace
}  // namespace unrig::analysis
