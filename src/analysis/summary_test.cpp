#include "analysis/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analysis/testing.h"

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
  EXPECT_DOUBLE_EQ(b.cpu_us_per_request.value(), 10)
      << "the load generator is not part of the chain";
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
  EXPECT_THAT(sentence, HasSubstr("b is ahead, but 3 blocks cannot tell the two apart: 1012 "
                                  "requests/s, 1.0"));
}

TEST(Summary, TheBaselinesDoubleIsTheNoiseFloorAndNoStack) {
  record::Run run = run_of({"a", "b"});
  run.manifest.cells.push_back(
      {.stack = "a", .label = "a (again)", .role = record::Role::baseline_double});
  const double noise[] = {1.02, 1.0, 0.98};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000 * noise[block - 1]);
    add(run, "b", block, 900);
    add(run, "a (again)", block, 1000);
  }
  const Summary summary = summarize(run);
  ASSERT_EQ(summary.rows.size(), 3u);
  EXPECT_EQ(summary.rows[2].cell.label, "a (again)");
  EXPECT_FALSE(summary.rows[2].ranked());
  EXPECT_EQ(summary.rows[1].rank.high, 2u) << "two stacks have two places";
  EXPECT_THAT(summary.sentence, HasSubstr("as b, the next"));
  ASSERT_TRUE(summary.noise_floor);
  EXPECT_NEAR(summary.noise_floor->ratio.estimate, 1, 1e-3);
  EXPECT_LT(*summary.noise_floor->ratio.low, 1);
  EXPECT_NEAR(summary.noise_floor->trial_spread, 0.02 / std::sqrt(2), 1e-3);
  run.manifest.cells.pop_back();
  EXPECT_FALSE(summarize(run).noise_floor);
}

TEST(Summary, OneBlockGivesNoInterval) {
  record::Run run = run_of({"a", "b"});
  add(run, "a", 1, 1000);
  add(run, "b", 1, 2000);
  const Summary summary = summarize(run);
  EXPECT_FALSE(summary.rows[0].ratio.low);
  EXPECT_FALSE(summary.rows[0].p50_ratio.low);
  EXPECT_EQ(summary.rows[0].rank.low, 1u);
  EXPECT_EQ(summary.rows[0].rank.high, 2u) << "no place is sure";
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

/// Three blocks of "a", limited by workers, and of "b", limited by the CPU at twice the throughput.
record::Run of_unlike_limiters() {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    run.trials.back().limiter.name = "workers";
    add(run, "b", block, 2000);
    run.trials.back().limiter.name = "cpu";
  }
  return run;
}

TEST(Summary, DifferentLimitersMakeTheAnswerDependOnSettings) {
  EXPECT_THAT(
      summarize(of_unlike_limiters()).sentence,
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
      HasSubstr("lucky led in the planned blocks and lost in 3 fresh blocks: 1900 requests/s, 0.95 "
                "times [0.95, 0.95] as many as steady"));
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
  EXPECT_EQ(summary.rows[0].standing, stats::Standing::faster);
}

// By hand: log ratios of P50 ln 2, 2 ln 2 and 3 ln 2 in blocks 1 to 3, so 4 times, and the t
// interval at t(2) = 4.302653 with s = ln 2. P99 is always half the baseline's.
TEST(Summary, LatenciesArePairedByBlockToo) {
  record::Run run = run_of({"a", "b"});
  run.manifest.blocks = 3;
  for (int block = 1; block <= 3; ++block) {
    const double slowness = std::pow(3, block);  // of the machine, for both
    add(run, "a", block, 1000);
    run.trials.back().response_us = {.p50 = 100 * slowness, .p99 = 800 * slowness};
    add(run, "b", block, 2000);
    run.trials.back().response_us = {.p50 = 100 * slowness * std::pow(2, block),
                                     .p99 = 400 * slowness};
  }
  const Row b = summarize(run).rows[0];
  EXPECT_NEAR(b.p50_ratio.estimate, 4, 1e-9);
  EXPECT_NEAR(*b.p50_ratio.low, std::pow(2, 2 - 4.302653 / std::sqrt(3.0)), 1e-5);
  EXPECT_NEAR(*b.p50_ratio.high, std::pow(2, 2 + 4.302653 / std::sqrt(3.0)), 1e-4);
  EXPECT_NEAR(*b.p99_ratio.low, 0.5, 1e-9);
  EXPECT_NEAR(*b.p99_ratio.high, 0.5, 1e-9);
}

// By hand: beside a steady 10, sessions of 20 and 22 in turn: mean ratio 2.1, standard deviation
// 0.2 / sqrt(4 * 11 / 12) / 1 = 0.104447, and t at 11 degrees 2.200985: 2.1 -+ 0.066362.
TEST(Summary, SessionsGetFiellersInterval) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 12; ++block) {
    add(run, "a", block, 1000);
    run.trials.back().db.sessions_max = 10;
    add(run, "b", block, 2000);
    run.trials.back().db.sessions_max = block % 2 == 0 ? 20 : 22;
  }
  const Row b = summarize(run).rows[0];
  EXPECT_NEAR(b.sessions_ratio.estimate, 2.1, 1e-12);
  EXPECT_NEAR(b.sessions_ratio.low.value(), 2.1 - 0.066362, 1e-6);
  EXPECT_NEAR(b.sessions_ratio.high.value(), 2.1 + 0.066362, 1e-6);
  EXPECT_EQ(summarize(run).rows[1].sessions_ratio.high, 1);
}

TEST(Summary, SessionsOfFewBlocksOrOfNoPoolerHaveNoInterval) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 9; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 2000);
  }
  EXPECT_EQ(summarize(run).rows[0].sessions_ratio.estimate, 1);
  EXPECT_FALSE(summarize(run).rows[0].sessions_ratio.low);
  for (auto& trial : run.trials) trial.db.sessions_max = 0;
  EXPECT_FALSE(std::isfinite(summarize(run).rows[0].sessions_ratio.estimate));
}

// By hand. The machine halves its speed in blocks 3 and 4, where "lucky" failed: 1100 requests/s on
// average against 1300 / 2^(1/2) = 919 of "fast"; but 1.1 times the baseline against 1.3.
TEST(Summary, AStackThatFailedInSomeBlocksIsOrderedByTheBlocksThatItShares) {
  record::Run run = run_of({"base", "lucky", "fast"});
  for (int block = 1; block <= 4; ++block) {
    const double speed = block <= 2 ? 1000 : 500;
    add(run, "base", block, speed);
    add(run, "lucky", block, 1.1 * speed, block <= 2);
    add(run, "fast", block, 1.3 * speed);
  }
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "fast");
  EXPECT_EQ(summary.rows[1].cell.label, "lucky");
  EXPECT_GT(summary.rows[1].throughput_per_s.estimate, summary.rows[0].throughput_per_s.estimate);
  EXPECT_NEAR(summary.rows[1].ratio.estimate, 1.1, 1e-9);
  EXPECT_FALSE(summary.rows[1].ratio.low) << "two common blocks";
  EXPECT_NEAR(*summary.rows[0].ratio.low, 1.3, 1e-9);
  EXPECT_EQ(summary.rows[1].rank.low, 1u) << "without an interval nothing is sure of it";
  EXPECT_EQ(summary.rows[1].rank.high, 3u);
}

TEST(Summary, NamesTheLongestWindowInWhichNoSteadyStateWasLookedFor) {
  record::Run run = run_of({"a", "b"});
  for (const double window : {2.0, 3.0, 0.0, 9.0}) {
    add(run, "a", 1, 1000);
    run.trials.back().window_seconds = window;
    run.trials.back().steady_state.checked = window == 9;
  }
  EXPECT_EQ(summarize(run).unseen_window_seconds, 3.0);
  EXPECT_EQ(summarize(run).blocks, 1);
  add(run, "b", 2, 1000, false);
  run.trials.back().window_seconds = 5;
  EXPECT_EQ(summarize(run).unseen_window_seconds, 3.0) << "it does not count";
  EXPECT_EQ(summarize(run).blocks, 1);
  run.trials.pop_back();
  for (auto& trial : run.trials) trial.steady_state.checked = trial.window_seconds > 0;
  EXPECT_EQ(summarize(run).unseen_window_seconds, std::nullopt);
}

TEST(Summary, APercentileThatATrialLacksIsSaidAndNotAveraged) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    run.trials.back().total.completed = run.trials.back().window.completed = 5000;
    add(run, "b", block, 1000);
    run.trials.back().window.completed = 500;
    run.trials.back().response_us.p99.reset();
  }
  for (const Row& row : summarize(run).rows) {
    EXPECT_DOUBLE_EQ(row.p50_us.estimate, 1000);
    EXPECT_EQ(row.p50_missing, "");
    EXPECT_EQ(std::isnan(row.p99_us.estimate), row.cell.label == "b");
    EXPECT_EQ(row.p99_missing.empty(), row.cell.label == "a") << row.p99_missing;
    if (row.cell.label == "b") {
      EXPECT_THAT(row.p99_missing, HasSubstr("needs 1000 requests in a trial, block 1 had 500"));
    }
  }
}

TEST(Summary, TheLimiterOfARowIsThatOfMostTrials) {
  record::Run run = run_of({"a"});
  for (const char* limiter : {"workers", "cpu", "cpu"}) {
    add(run, "a", static_cast<int>(run.trials.size()) + 1, 1000);
    run.trials.back().limiter.name = limiter;
  }
  EXPECT_EQ(summarize(run).rows[0].limiter.name, "cpu");
}

TEST(Summary, WhatWasNotCheckedIsListedOnceForARow) {
  record::Run run = run_of({"a"});
  for (int block = 1; block <= 2; ++block) {
    add(run, "a", block, 1000);
    run.trials.back().not_checked = {{.what = "frequency", .why = "not told"}};
  }
  EXPECT_EQ(summarize(run).rows[0].not_checked, run.trials[0].not_checked);
}

TEST(Summary, ADisturbedRatioIsOfRowsThatHaveNoOther) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 1000);
    add(run, "a", block, 2000);
    add(run, "b", block, 2000);
  }
  const auto ratio = [&](std::string_view label) {
    const Summary summary = summarize(run);
    return std::ranges::find(summary.rows, label, [](const Row& row) { return row.cell.label; })
        ->disturbed_ratio.has_value();
  };
  EXPECT_FALSE(ratio("a"));
  for (auto& trial : run.trials) {
    if (trial.label != "base") continue;
    trial.verdict.reject("steal");
    trial.verdict.disturbed = true;
  }
  EXPECT_TRUE(ratio("a"));
  EXPECT_EQ(summarize(run).rows.back().disturbed->trials, 3) << "of the baseline";
  run.manifest.cells[2].claims = {{"workers", "7", "1", false}};
  EXPECT_FALSE(ratio("b"));
}

TEST(Summary, ARowSaysWhatSetsItApartFromTheBaseline) {
  record::Run run = of_unlike_limiters();
  run.manifest.accept_noise = true;
  for (auto& trial : run.trials) {
    if (trial.label != "b") continue;
    trial.verdict.reject("steal");
    trial.verdict.disturbed = true;
  }
  run.manifest.cells[0].audit = audited_stack("a").audit;
  run.manifest.cells[1].audit = with_hstore("b").audit;
  const Row b = summarize(run).rows[0];
  EXPECT_EQ(b.cell.label, "b");
  EXPECT_EQ(b.ratio_comparable, false);
  EXPECT_EQ(b.equal_work, false);
  EXPECT_EQ(b.accepted_trials, 3);
}

TEST(Summary, SaysWhetherARowDoesTheBaselinesWork) {
  Row a, b;
  a.statements = 3.0;
  EXPECT_EQ(same_work(a, b), std::nullopt);
  EXPECT_EQ(same_work(b, a), std::nullopt);
  b.statements = 3.004;
  EXPECT_EQ(same_work(a, b), true);
  EXPECT_EQ(same_work(b, a), true);
  b.statements = 2.99;
  EXPECT_EQ(same_work(a, b), false);
}

TEST(Summary, WithoutAValidBaselineThereIsStillAnOrder) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 5000, false);
    add(run, "a", block, 1000);
    add(run, "b", block, 2000);
  }
  const Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "b");
  EXPECT_EQ(summary.rows[2].cell.label, "base");
  EXPECT_TRUE(std::isnan(summary.rows[0].ratio.estimate));
  EXPECT_TRUE(std::isnan(summary.rows[0].p99_ratio.estimate));
  EXPECT_TRUE(std::isnan(summary.rows[0].sessions_ratio.estimate));
  EXPECT_EQ(summary.rows[0].standing, stats::Standing::undecided);
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

TEST(Summary, AStackThatIsNotProvenIsRankedOnlyWhereThatIsAccepted) {
  record::Run run = run_of({"a", "b"});
  run.manifest.cells[1].claims = {{"workers", "2", "Permission denied", std::nullopt, true}};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 2000);
  }
  Summary summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "a");
  EXPECT_FALSE(summary.rows[1].comparable());
  ASSERT_EQ(summary.rows[1].reasons.size(), 1u);
  EXPECT_THAT(summary.rows[1].reasons[0], HasSubstr("not proven: workers"));
  run.manifest.accept_unproven = true;
  summary = summarize(run);
  EXPECT_EQ(summary.rows[0].cell.label, "b");
  EXPECT_TRUE(summary.rows[0].reasons.empty());
  EXPECT_EQ(summary.rows[0].unproven.size(), 1u);
  run.manifest.cells[1].claims[0].claimed = false;
  run.manifest.accept_unproven = false;
  EXPECT_EQ(summarize(run).rows[0].cell.label, "b") << "nothing is claimed";
}

// Three rows beside the baseline, of three blocks: by itself t(2) = 4.302653 at 5 %, together
// 7.648804 at 5 % over 3 (Bonferroni; scipy 1.17). s = 0.1 in each.
TEST(Summary, StandingsOfATableHoldTogether) {
  record::Run run = run_of({"base", "a", "b", "c"});
  run.manifest.blocks = 3;
  const double logs[] = {-0.1, 0, 0.1};
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 1000);
    for (const char* label : {"a", "b", "c"}) {
      add(run, label, block, 1000 * std::exp(0.3 + logs[block - 1]));
    }
  }
  const Summary summary = summarize(run);
  const Row& row = summary.rows[0];
  EXPECT_EQ(summary.compared_rows, 3);
  EXPECT_NEAR(std::log(*row.ratio.low), 0.3 - 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(std::log(*row.ratio_together.low), 0.3 - 7.648804 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(row.standing, stats::Standing::undecided);
  EXPECT_EQ(summary.rows[3].standing, stats::Standing::equivalent) << "the baseline is itself";
}

// By hand: 50 requests of "a" may have been 49: 2 % less; "b" has 100, of which one is 1 %.
TEST(Summary, FewRequestsWidenTheInterval) {
  record::Run run = run_of({"a", "b"});
  run.manifest.blocks = 3;
  for (int block = 1; block <= 3; ++block) {
    for (const char* label : {"a", "b"}) {
      add(run, label, block, label[0] == 'a' ? 10 : 20);
      run.trials.back().window_seconds = 5;
    }
  }
  const Row b = summarize(run).rows[0];
  EXPECT_NEAR(*b.ratio.low, 2 * 0.99 * 0.98, 1e-9);
  EXPECT_NEAR(*b.ratio.high, 2 / 0.99 / 0.98, 1e-9);
  EXPECT_NEAR(*b.throughput_per_s.low, 20 * 0.99, 1e-9);
}

TEST(Summary, TrialsThatFollowTheirNeighboursWidenTheInterval) {
  record::Run run = run_of({"a", "b"});
  run.manifest.blocks = 16;
  const double alike[] = {0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0};
  for (int block = 1; block <= 16; ++block) {
    add(run, "a", block, 1000);
    add(run, "b", block, 1000 * std::exp(0.1 * alike[block - 1]));
  }
  const Summary found = summarize(run);
  ASSERT_TRUE(found.likeness);
  EXPECT_NEAR(found.likeness->correlation, 8.0 / 13, 1e-9);
  for (auto& trial : run.trials) trial.block = (trial.block * 5) % 16 + 1;  // another order
  const Summary shuffled = summarize(run);
  EXPECT_FALSE(shuffled.likeness->found);
  EXPECT_GT(*found.rows[0].ratio.high, *shuffled.rows[0].ratio.high * 1.03);
}

TEST(Summary, NothingMeasuredIsSaid) {
  EXPECT_EQ(summarize(run_of({"a"})).sentence, "Nothing valid was measured.");
  EXPECT_EQ(summarize(record::Run{}).sentence, "Nothing valid was measured.");
}

}  // namespace
}  // namespace unrig::analysis
