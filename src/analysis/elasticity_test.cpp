#include "analysis/elasticity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/summary.h"

namespace unrig::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A change whose throughput is exp(mean -+ spread) times that of "a", in so many blocks from the
/// fourth one on.
struct Change {
  std::string suspect;
  double from, to;
  double mean;
  double spread = 0.005;
  std::string knob = "workers.sync";
};

void add(record::Run& run, const std::string& label, int block, record::Purpose purpose,
         double throughput) {
  record::Trial trial{.label = label, .purpose = purpose, .block = block};
  trial.throughput_per_s = throughput;
  trial.window_seconds = 1e6;  // counting whole requests moves nothing
  trial.limiter = {.name = "workers",
                   .evidence = {"7 of 7 busy", "where the requests are"},
                   .suspects = {{.name = "workers", .evidence = {"7 of 7 busy"}},
                                {.name = "cpu", .evidence = {"93 % busy"}}}};
  run.trials.push_back(std::move(trial));
}

record::Run run_of(const std::vector<Change>& changes, int blocks = 5) {
  record::Run run;
  run.manifest.blocks = 3;
  run.manifest.baseline = "a";
  run.manifest.cells = {{.stack = "a", .label = "a"}};
  for (int block = 1; block <= 3; ++block) add(run, "a", block, record::Purpose::planned, 1000);
  for (const auto& change : changes) {
    run.manifest.perturbations.push_back({.of = "a",
                                          .suspect = change.suspect,
                                          .label = "a " + change.suspect,
                                          .knob = change.knob,
                                          .value = "9",
                                          .from = change.from,
                                          .to = change.to,
                                          .not_checked = {}});
  }
  for (int block = 4; block < 4 + blocks; ++block) {
    const double speed = 900 + 40.0 * block;
    add(run, "a", block, record::Purpose::perturbation, speed);
    const double turn = block % 2 == 0 ? 1 : -1;
    for (const auto& change : changes)
      add(run, "a " + change.suspect, block, record::Purpose::perturbation,
          speed * std::exp(change.mean + turn * change.spread));
  }
  return run;
}

Row row_of(const record::Run& run) {
  return summarize(run).rows.front();
}

const double by_a_quarter = std::log(1.25);

// Of five log ratios three are 0.005 above and two 0.005 below 0.9 ln 1.25: their mean is 0.001
// above.
TEST(Elasticity, IsTheExponentOfTheStep) {
  const auto found = elasticities_of(
      run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.9 * by_a_quarter}}), "a");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].blocks, 5);
  EXPECT_NEAR(found[0].elasticity.estimate, (0.9 * by_a_quarter + 0.001) / by_a_quarter, 1e-9);
  EXPECT_LT(*found[0].elasticity.low, 0.9);
  EXPECT_GT(*found[0].elasticity.high, 0.9);
  EXPECT_EQ(found[0].proof, Proof::confirmed);
  EXPECT_EQ(found[0].elasticity.confidence, 0.95);
}

TEST(Elasticity, OfWhatIsSlowedTurnsItsSign) {
  const auto found = elasticities_of(
      run_of({{.suspect = "cpu", .from = 2, .to = 1.6, .mean = std::log(0.8)}}), "a");
  EXPECT_NEAR(found[0].elasticity.estimate, 1, 0.01);
  EXPECT_LT(*found[0].elasticity.low, *found[0].elasticity.high);
  EXPECT_EQ(found[0].proof, Proof::confirmed);
}

TEST(Elasticity, OfADelayIsThatOfItsInverse) {
  const auto found = elasticities_of(run_of({{.suspect = "latency",
                                              .from = 0.02,
                                              .to = 0.016,
                                              .mean = 0.8 * by_a_quarter,
                                              .knob = "db.delay"}}),
                                     "a");
  EXPECT_NEAR(found[0].elasticity.estimate, 0.8, 0.01);
}

TEST(Elasticity, ConfirmsRefutesOrSaysThatItDoesNotKnow) {
  const auto proof = [](double elasticity, double spread, int blocks = 5) {
    return elasticities_of(run_of({{.suspect = "workers",
                                    .from = 8,
                                    .to = 10,
                                    .mean = elasticity * by_a_quarter,
                                    .spread = spread}},
                                  blocks),
                           "a")[0]
        .proof;
  };
  EXPECT_EQ(proof(0.6, 0.005), Proof::confirmed);
  EXPECT_EQ(proof(0.45, 0.005), Proof::undecided) << "less than half";
  EXPECT_EQ(proof(0.6, 0.1), Proof::undecided) << "its interval reaches below 0.2";
  EXPECT_EQ(proof(0, 0.005), Proof::refuted);
  EXPECT_EQ(proof(0.1, 0.1), Proof::undecided) << "its interval reaches above 0.2";
  EXPECT_EQ(proof(1, 0.005, 2), Proof::undecided) << "two blocks have no interval";
  EXPECT_EQ(proof(1, 0.005, 0), Proof::not_checked);
}

TEST(Elasticity, SharesItsErrorWithTheOthersThatWereMeasured) {
  record::Run run = run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.2},
                            {.suspect = "cpu", .from = 2, .to = 1.6, .mean = 0},
                            {.suspect = "clients", .from = 100, .to = 125, .mean = 0}});
  EXPECT_NEAR(elasticities_of(run, "a")[0].elasticity.confidence, 1 - 0.05 / 3, 1e-12);
  run.manifest.perturbations[1].not_checked = "no control group";
  const auto found = elasticities_of(run, "a");
  EXPECT_NEAR(found[0].elasticity.confidence, 1 - 0.05 / 2, 1e-12);
  EXPECT_EQ(found[1].proof, Proof::not_checked);
  EXPECT_EQ(found[1].why_not, "no control group");
  EXPECT_THAT(elasticity_text(found[1]), HasSubstr("not checked: no control group"));
}

TEST(Elasticity, TheTableKnowsNothingOfTheBlocks) {
  const Row row = row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.2}}));
  EXPECT_EQ(row.trials, 3);
  EXPECT_EQ(row.valid_trials, 3);
  EXPECT_NEAR(row.throughput_per_s.estimate, 1000, 1e-9);
  EXPECT_THAT(row.elasticities, SizeIs(1));
  EXPECT_EQ(summarize(run_of({{.suspect = "cpu", .from = 2, .to = 1.6, .mean = 0}})).rows.size(),
            1U);
}

TEST(Limiter, IsConfirmedByItsOwnElasticity) {
  const Row row = row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.2},
                                 {.suspect = "cpu", .from = 2, .to = 1.6, .mean = -0.2}}));
  EXPECT_EQ(row.limiter.name, "workers");
  EXPECT_TRUE(row.limiter.confirmed);
}

TEST(Limiter, IsTheRivalWhereItIsRefutedItself) {
  const Row row = row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0},
                                 {.suspect = "cpu", .from = 2, .to = 1.6, .mean = -0.2}}));
  EXPECT_EQ(row.limiter.name, "cpu");
  EXPECT_TRUE(row.limiter.confirmed);
  ASSERT_THAT(row.limiter.evidence, SizeIs(3));
  EXPECT_THAT(row.limiter.evidence[0], HasSubstr("by the rules it would be workers"));
  EXPECT_EQ(row.limiter.evidence[1], "93 % busy");
  EXPECT_EQ(row.limiter.evidence[2], "where the requests are");
}

TEST(Limiter, IsSeveralWhereTwoMatterAndNoneLimits) {
  const double e = 0.4 * by_a_quarter;
  const Row row =
      row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0, .spread = 0.001},
                     {.suspect = "cpu", .from = 2, .to = 1.6, .mean = -e, .spread = 0.001},
                     {.suspect = "clients", .from = 100, .to = 125, .mean = e, .spread = 0.001}}));
  EXPECT_EQ(row.limiter.name, "several");
  EXPECT_FALSE(row.limiter.confirmed);
}

TEST(Limiter, IsUnknownWhereItIsRefutedAndNothingElseConfirmed) {
  const Row row = row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0}}));
  EXPECT_EQ(row.limiter.name, "unattributed");
  EXPECT_FALSE(row.limiter.confirmed);
}

TEST(Limiter, StaysWhereTooLittleIsKnownOfIt) {
  const Row undecided =
      row_of(run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.1, .spread = 0.2},
                     {.suspect = "cpu", .from = 2, .to = 1.6, .mean = -0.2}}));
  EXPECT_EQ(undecided.limiter.name, "workers");
  EXPECT_FALSE(undecided.limiter.confirmed);
  record::Run run = run_of({{.suspect = "workers", .from = 8, .to = 10, .mean = 0.2}});
  run.manifest.perturbations[0].not_checked = "it does not start";
  EXPECT_EQ(row_of(run).limiter.name, "workers");
  EXPECT_FALSE(row_of(run).limiter.confirmed);
}

}  // namespace
}  // namespace unrig::analysis
