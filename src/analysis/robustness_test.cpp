#include "analysis/robustness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

using testing::HasSubstr;

/// "a" with these throughputs and "b" with 100 in every block, from block 1 on.
record::Run run_of(const std::vector<double>& throughputs) {
  record::Run run;
  run.manifest.blocks = static_cast<int>(throughputs.size());
  run.manifest.baseline = "b";
  for (const char* label : {"a", "b"}) {
    run.manifest.cells.push_back({.stack = label, .label = label});
  }
  for (std::size_t i = 0; i < throughputs.size(); ++i) {
    for (const auto& cell : run.manifest.cells) {
      record::Trial trial;
      trial.label = cell.label;
      trial.block = static_cast<int>(i) + 1;
      trial.throughput_per_s = cell.label == "a" ? throughputs[i] : 100;
      run.trials.push_back(trial);
    }
  }
  return run;
}

std::optional<Robustness> robustness_of(const record::Run& run) {
  return robustness_of(run, summarize(run));
}

TEST(Robustness, OfBlocksThatAgree) {
  const auto robustness = robustness_of(run_of({120, 121, 119, 120, 122}));
  ASSERT_TRUE(robustness);
  EXPECT_EQ(robustness->lead, Lead::ahead);
  EXPECT_TRUE(robustness->stands);
  ASSERT_EQ(robustness->without.size(), 5u);
  // exp of the mean logarithm of 120, 121, 119 and 120.
  EXPECT_NEAR(robustness->without[4].ratio.estimate, 1.199979, 1e-6);
  EXPECT_EQ(
      robustness->sentence,
      "The answer stands without any one of its 5 blocks: a over b is 1.20 to 1.21, whichever "
      "is left out.");
}

TEST(Robustness, NamesTheBlockThatTheAnswerRestsOn) {
  // One slow trial hides that a is ahead.
  const auto robustness = robustness_of(run_of({120, 121, 92, 120, 119}));
  ASSERT_TRUE(robustness);
  EXPECT_EQ(robustness->lead, Lead::not_sure);
  EXPECT_FALSE(robustness->stands);
  EXPECT_TRUE(robustness->without[0].same);
  EXPECT_FALSE(robustness->without[2].same);
  EXPECT_EQ(robustness->without[2].block, 3);
  EXPECT_THAT(robustness->sentence, HasSubstr("without block 3"));
  EXPECT_THAT(robustness->sentence, HasSubstr("sure to be ahead instead of not to be told apart"));
}

TEST(Robustness, CountsTheOtherBlocksThatItRestsOn) {
  // With one of the slow blocks a is ahead, with both it is not.
  const auto robustness = robustness_of(run_of({112, 113, 98, 98, 112, 111, 112}));
  ASSERT_TRUE(robustness);
  EXPECT_THAT(robustness->sentence,
              HasSubstr("without block 3 (and the same way without 1 other) a over b"));
}

TEST(Robustness, OfTwoThatCannotBeToldApart) {
  const auto robustness = robustness_of(run_of({90, 112, 95, 106, 101}));
  ASSERT_TRUE(robustness);
  EXPECT_TRUE(robustness->stands);
  EXPECT_THAT(robustness->sentence, HasSubstr("cannot be told apart without any one of their 5"));
}

TEST(Robustness, IsThatOfTheFreshBlocksWhereThereAreAny) {
  record::Run run = run_of({150, 151, 149, 150, 120, 121, 119, 120});
  for (auto& trial : run.trials) {
    if (trial.block > 4) trial.purpose = record::Purpose::confirmation;
  }
  const auto robustness = robustness_of(run);
  ASSERT_TRUE(robustness);
  EXPECT_TRUE(robustness->fresh);
  ASSERT_EQ(robustness->without.size(), 4u);
  EXPECT_EQ(robustness->without[0].block, 5);
  EXPECT_NEAR(robustness->ratio.estimate, 1.2, 0.001);
}

TEST(Robustness, NeedsFourBlocks) {
  const auto robustness = robustness_of(run_of({120, 121, 119}));
  ASSERT_TRUE(robustness);
  EXPECT_TRUE(robustness->without.empty());
  EXPECT_FALSE(robustness->stands);
  EXPECT_EQ(robustness->lead, Lead::ahead);
  EXPECT_THAT(robustness->sentence, HasSubstr("have 3 blocks in common"));
}

TEST(Robustness, IsNoneOfWhatCannotBeCompared) {
  EXPECT_FALSE(robustness_of(run_of({})));
  record::Run one = run_of({120, 121, 119, 120});
  for (auto& trial : one.trials) {
    if (trial.label == "b") trial.verdict.reject("planted");
  }
  EXPECT_FALSE(robustness_of(one)) << "only one of them is ranked";
}

}  // namespace
}  // namespace unrig::analysis
