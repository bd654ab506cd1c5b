#include "analysis/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::analysis {
namespace {

using ::testing::HasSubstr;

record::Run run_of(std::vector<std::string> labels) {
  record::Run run;
  for (const auto& label : labels) run.manifest.cells.push_back({.stack = label, .label = label});
  run.manifest.baseline = labels.front();
  return run;
}

void add(record::Run& run, const std::string& stack, int block, double throughput,
         bool valid = true) {
  record::Trial trial;
  trial.label = stack;
  trial.stack = stack;
  trial.block = block;
  trial.throughput_per_s = throughput;
  trial.response_us = {.p50 = 1000, .p99 = 2000};
  trial.db = {.sessions_max = 10 + block, .sessions_mean = 10};
  trial.cpu_us_per_request = {.load = 100, .proxy = 1, .app = 2, .pooler = 3, .database = 4};
  if (!valid) trial.verdict.reject("planted");
  run.trials.push_back(trial);
}

TEST(Summary, ABlockThatIsSlowForAllChangesNoRatio) {
  record::Run run = run_of({"a", "b"});
  double speed = 1000;
  for (int block = 1; block <= 3; ++block, speed /= 2) {
    add(run, "a", block, speed);
    add(run, "b", block, 1.5 * speed);
  }
  const Summary summary = summarize(run);
  ASSERT_EQ(summary.rows.size(), 2u);
  const Row& b = summary.rows[0];
  EXPECT_EQ(b.cell.label, "b");
  EXPECT_NEAR(b.ratio.estimate, 1.5, 1e-12);
  EXPECT_NEAR(*b.ratio.low, 1.5, 1e-9);
  EXPECT_NEAR(b.throughput_per_s.estimate, 750, 1e-9);  // geometric mean of 1500, 750, 375
  EXPECT_EQ(b.sessions_max, 13);
  EXPECT_DOUBLE_EQ(b.cpu_us_per_request, 10) << "the load generator is not part of the chain";
  EXPECT_THAT(summary.sentence, HasSubstr("b is the fastest"));
  EXPECT_THAT(summary.sentence, HasSubstr("sure at 95 % over 3 blocks"));
}

TEST(Summary, SaysWhenTheBlocksCannotTellTwoApart) {
  record::Run run = run_of({"a", "b"});
  const double noise[] = {0.9, 1.0, 1.15};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 1000 * noise[block - 1]);
  }
  const std::string sentence = summarize(run).sentence;
  EXPECT_THAT(sentence, HasSubstr("b is ahead, but 3 blocks cannot tell the two apart: 1.0"));
}

TEST(Summary, OneBlockGivesNoInterval) {
  record::Run run = run_of({"a", "b"});
  add(run, "a", 1, 1000);
  add(run, "b", 1, 2000);
  const Summary summary = summarize(run);
  EXPECT_FALSE(summary.rows[0].ratio.low);
  EXPECT_THAT(summary.sentence, HasSubstr("without an interval (1 block)"));
}

TEST(Summary, InvalidTrialsAreListedAndDoNotCount) {
  record::Run run = run_of({"a", "b", "c"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 5000, false);
  }
  run.manifest.cells[2].failure = "it did not start";
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "a");
  EXPECT_EQ(summary.rows[1].valid_trials, 0);
  EXPECT_EQ(summary.rows[1].trials, 3);
  EXPECT_EQ(summary.rows[1].reasons,
            (std::vector<std::string>{"block 1: planted", "block 2: planted", "block 3: planted"}));
  EXPECT_TRUE(std::isnan(summary.rows[1].throughput_per_s.estimate));
  EXPECT_EQ(summary.rows[2].reasons, std::vector<std::string>{"it did not start"});
  EXPECT_THAT(summary.sentence, HasSubstr("nothing valid to compare"));
}

TEST(Summary, DifferentLimitersMakeTheAnswerDependOnSettings) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    run.trials.back().limiter.name = "workers";
    add(run, "b", block, 2000);
    run.trials.back().limiter.name = "cpu";
  }
  EXPECT_THAT(
      summarize(run).sentence,
      HasSubstr("b was limited by cpu, a by workers: other settings may change the answer"));
}

TEST(Summary, TheHeadlineComesFromTheFreshBlocksAndTheTableDoesNot) {
  record::Run run = run_of({"base", "lucky", "steady"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 1000);
    add(run, "lucky", block, 2100);
    add(run, "steady", block, 2000);
  }
  for (int block = 4; block <= 6; ++block) {
    add(run, "lucky", block, 1900);
    run.trials.back().purpose = record::Purpose::confirmation;
    add(run, "steady", block, 2000);
    run.trials.back().purpose = record::Purpose::confirmation;
  }
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "lucky");
  EXPECT_NEAR(summary.rows[0].throughput_per_s.estimate, 2100, 1e-9);
  EXPECT_EQ(summary.rows[0].trials, 3);
  EXPECT_THAT(
      summary.sentence,
      HasSubstr("lucky led in the planned blocks and lost in 3 fresh blocks, with 0.95 times "
                "[0.95, 0.95] as many requests/s as steady"));
}

TEST(Summary, RanksAndTiesHoldTogether) {
  record::Run run = run_of({"a", "b", "c"});
  for (int block = 1; block <= 12; ++block) {
    const double wobble = block % 2 == 0 ? 1.01 : 0.99;
    add(run, "a", block, 1000);
    add(run, "b", block, 1000 * wobble);
    add(run, "c", block, 2000 * wobble);
  }
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "c");
  EXPECT_EQ(summary.rows[0].rank.high, 1u);
  EXPECT_EQ(summary.rows[1].rank.low, 2u);
  EXPECT_EQ(summary.rows[1].rank.high, 3u);
  EXPECT_EQ(summary.rows[0].tie_group, 1u);
  EXPECT_EQ(summary.rows[1].tie_group, 2u);
  EXPECT_EQ(summary.rows[2].tie_group, 2u);
  EXPECT_EQ(summary.rows[0].verdict, stats::Verdict::faster);
}

TEST(Summary, WhereBlocksFollowedFromTheDataTheIntervalIsWider) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 12; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, block % 2 == 0 ? 1010 : 990);
  }
  run.manifest.blocks = 12;
  const double fixed = *summarize(run).rows[1].ratio.high;
  run.manifest.blocks = 0;
  EXPECT_GT(*summarize(run).rows[1].ratio.high, fixed);
}

TEST(Summary, AStackThatIsNotWhatItClaimsIsNotRanked) {
  record::Run run = run_of({"a", "b"});
  run.manifest.cells[1].claims = {
      {.claim = "event loop", .expected = "uvloop.Loop", .observed = "asyncio", .ok = false}};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 2000);
  }
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "a");
  EXPECT_FALSE(summary.rows[1].ranked());
  ASSERT_EQ(summary.rows[1].reasons.size(), 1u);
  EXPECT_THAT(summary.rows[1].reasons[0], HasSubstr("uvloop.Loop"));
}

TEST(Summary, NothingMeasuredIsSaid) {
  EXPECT_EQ(summarize(run_of({"a"})).sentence, "Nothing valid was measured.");
  EXPECT_EQ(summarize(record::Run{}).sentence, "Nothing valid was measured.");
}

}  // namespace
}  // namespace unrig::analysis
