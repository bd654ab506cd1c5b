#include "analysis/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/testing.h"

namespace unrig::analysis {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

void add_cell(record::Run& run, const std::string& stack, const std::string& label) {
  run.manifest.cells.push_back({.stack = stack, .vintage = "2026", .label = label});
}

record::Run run_of(const std::vector<std::string>& stacks, const std::string& name = "run") {
  record::Run run;
  run.manifest.run = name;
  run.manifest.blocks = 3;
  for (const auto& stack : stacks) add_cell(run, stack, stack);
  run.manifest.baseline = stacks.back();
  return run;
}

record::Trial& add(record::Run& run, const std::string& label, int block, double throughput,
                   double p50_us = 1000, double p99_us = 2000) {
  record::Trial trial;
  trial.label = label;
  trial.block = block;
  trial.throughput_per_s = throughput;
  trial.response_us = {.p50 = p50_us, .p99 = p99_us};
  return run.trials.emplace_back(trial);
}

/// Three blocks of two cells whose log ratios are ln 2 - 0.1, ln 2 and ln 2 + 0.1, each block at a
/// speed of its own.
record::Run three_blocks() {
  record::Run run = run_of({"a", "b"});
  const double speeds[] = {1000, 500, 2000};
  const double shifts[] = {-0.1, 0, 0.1};
  for (int block = 1; block <= 3; ++block) {
    const double speed = speeds[block - 1];
    add(run, "b", block, speed, 4000, 8000);
    add(run, "a", block, 2 * speed * std::exp(shifts[block - 1]), 2000, 2000);
  }
  return run;
}

// By hand: mean ln 2, standard deviation 0.1, t = 4.302653 at 2 degrees: ln 2 -+ 0.248413, which is
// 1.560074 … 2.563981.
TEST(Compare, PairsByBlock) {
  const Comparison c = compare(three_blocks(), "a", "b");
  EXPECT_NEAR(c.ratio.estimate, 2, 1e-12);
  EXPECT_NEAR(c.ratio.low.value(), 1.560074, 1e-6);
  EXPECT_NEAR(c.ratio.high.value(), 2.563981, 1e-6);
  EXPECT_NEAR(c.p50_ratio.estimate, 0.5, 1e-12);
  EXPECT_NEAR(c.p99_ratio.estimate, 0.25, 1e-12);
  EXPECT_EQ(c.blocks, 3);
  EXPECT_EQ(standing_text(c), "faster");
  EXPECT_FALSE(c.noise_floor);
  EXPECT_EQ(
      c.sentence,
      "a serves 2000 requests/s and b 1000: 2.0 times [1.6, 2.6] as many; 3 blocks; P99 0.25 "
      "times [0.25, 0.25], which is 0.5 times [0.4, 0.6] what the throughputs alone would make "
      "it.");
}

// Clients that get twice the answers wait half as long: that P50 and P99 are half says nothing new.
TEST(Compare, WhatFollowsFromTheThroughputIsNotSaid) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 2000, 500, 1000);
    add(run, "b", block, 1000, 1000, 2000);
  }
  const Comparison c = compare(run, "a", "b");
  EXPECT_NEAR(c.p99_beyond.estimate, 1, 1e-12);
  EXPECT_EQ(c.sentence,
            "a serves 2000 requests/s and b 1000: 2.00 times [2.00, 2.00] as many; 3 blocks.");
  for (auto& trial : run.trials) trial.offered_per_s = 3000;
  EXPECT_THAT(compare(run, "a", "b").sentence, EndsWith("3 blocks; P99 0.50 times [0.50, 0.50]."))
      << "an open loop's does not follow";
}

TEST(Compare, TurnedRoundIsTheReciprocal) {
  const Comparison c = compare(three_blocks(), "b", "a");
  EXPECT_NEAR(c.ratio.estimate, 0.5, 1e-12);
  EXPECT_NEAR(c.ratio.low.value(), 1 / 2.563981, 1e-5);
  EXPECT_EQ(standing_text(c), "slower");
  EXPECT_THAT(c.sentence, HasSubstr(": 0.5 times [0.4, 0.6] as many; "));
}

TEST(Compare, BlocksThatFollowFromTheDataWidenTheInterval) {
  record::Run run = three_blocks();
  run.manifest.blocks = 0;
  EXPECT_LT(compare(run, "a", "b").ratio.low.value(), 1.56);
}

TEST(Compare, OneBlockGivesNoIntervalAndSaysSo) {
  record::Run run = run_of({"a", "b"});
  add(run, "a", 1, 200);
  add(run, "b", 1, 100);
  const Comparison c = compare(run, "a", "b");
  EXPECT_FALSE(c.ratio.low);
  EXPECT_EQ(standing_text(c), "undecided");
  EXPECT_EQ(
      c.sentence,
      "a serves 200 requests/s and b 100: 2.00 times as many; 1 block; no interval: without 3 "
      "valid blocks this may be chance.");
}

TEST(Compare, OnlyCommonValidBlocksCount) {
  record::Run run = three_blocks();
  add(run, "b", 4, 1).verdict.reject("planted");
  add(run, "a", 4, 1000);
  add(run, "b", 5, 1);
  add(run, "b", 6, 1).purpose = record::Purpose::confirmation;
  add(run, "a", 6, 1000).purpose = record::Purpose::confirmation;
  const Comparison c = compare(run, "a", "b");
  EXPECT_EQ(c.blocks, 3);
  EXPECT_NEAR(c.ratio.estimate, 2, 1e-12);
}

TEST(Compare, WithoutACommonBlockIsInvalidWithTheReason) {
  record::Run run = run_of({"a", "b"});
  add(run, "a", 1, 200);
  add(run, "b", 1, 100).verdict.reject("7 answers were wrong\nand a log");
  const Comparison c = compare(run, "a", "b");
  EXPECT_EQ(standing_text(c), "invalid");
  EXPECT_EQ(c.blocks, 0);
  EXPECT_TRUE(std::isnan(c.ratio.estimate));
  EXPECT_EQ(c.sentence,
            "a and b cannot be compared: no block has a valid trial of both; "
            "b: block 1: 7 answers were wrong.");
  EXPECT_EQ(standing_text(compare(run_of({"a", "b"}), "a", "b")), "invalid") << "no trial at all";
}

TEST(Compare, AStackThatIsNotWhatItClaimsIsInvalid) {
  record::Run run = three_blocks();
  run.manifest.cells[0].claims = {{"workers", "7", "1", false}};
  const Comparison c = compare(run, "a", "b");
  EXPECT_EQ(standing_text(c), "invalid");
  EXPECT_THAT(c.sentence, HasSubstr("a: workers: expected 7, observed 1"));
}

TEST(Compare, NamesTheWindowInWhichNoSteadyStateWasLookedFor) {
  record::Run run = three_blocks();
  EXPECT_EQ(compare(run, "a", "b").unseen_window_seconds, std::nullopt);
  for (auto& trial : run.trials) trial.window_seconds = 2;
  EXPECT_EQ(compare(run, "a", "b").unseen_window_seconds, 2.0);
}

TEST(Compare, APercentileThatOneLacksHasNoRatio) {
  for (const char* lacks : {"a", "b"}) {
    record::Run run = three_blocks();
    for (auto& trial : run.trials) {
      trial.window.completed = 5000;
      if (trial.label == lacks) {
        trial.window.completed = 500;
        trial.response_us.p99.reset();
      }
    }
    const Comparison c = compare(run, "a", "b");
    EXPECT_TRUE(std::isnan(c.p99_ratio.estimate)) << lacks;
    EXPECT_NEAR(c.p50_ratio.estimate, 0.5, 1e-12) << lacks;
    for (auto& trial : run.trials) {
      if (trial.label == lacks) trial.response_us.p50.reset();
      if (trial.label == lacks) trial.window.completed = 1;
    }
    EXPECT_TRUE(std::isnan(compare(run, "a", "b").p50_ratio.estimate)) << lacks;
  }
}

TEST(Compare, SaysWhetherBothDoTheSameWork) {
  record::Run run = three_blocks();
  EXPECT_EQ(compare(run, "a", "b").equal_work, std::nullopt) << "nobody counted";
  run.manifest.cells[0].audit = audited_stack("a").audit;
  run.manifest.cells[1].audit = with_hstore("b").audit;
  const Comparison c = compare(run, "a", "b");
  EXPECT_EQ(c.equal_work, false);
  EXPECT_THAT(c.sentence, HasSubstr("; a runs 3.00 statements per request, b 2.00"));
}

TEST(Compare, SaysThatTwoRequestsAreNotOne) {
  record::Run run = three_blocks();
  run.manifest.cells[0].own_request = "GET /users/7: status 200";
  EXPECT_THAT(compare(run, "a", "b").sentence, HasSubstr("; the two are asked different things"));
  run.manifest.cells[1].own_request = run.manifest.cells[0].own_request;
  EXPECT_THAT(compare(run, "a", "b").sentence, testing::Not(HasSubstr("different things")));
}

TEST(Compare, OfDisturbedTrialsItHasTheirRatioWhereBothAreWhatTheyClaim) {
  record::Run run = three_blocks();
  for (auto& trial : run.trials) {
    trial.disturbance = {.foreign = 0.5, .foreign_name = "cc1plus"};
    trial.verdict.reject("other programs");
    trial.verdict.disturbed = true;
  }
  EXPECT_TRUE(compare(run, "a", "b").disturbed_ratio);
  EXPECT_THAT(compare(run, "a", "b").advice, testing::Contains(HasSubstr("cc1plus")));
  run.manifest.cells[0].claims = {{"workers", "7", "1", false}};
  EXPECT_FALSE(compare(run, "a", "b").disturbed_ratio);
}

TEST(Compare, WithoutSpreadTheIntervalIsAPoint) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1010);
    add(run, "b", block, 1000);
  }
  const Comparison c = compare(run, "a", "b");
  EXPECT_EQ(standing_text(c), "equivalent");
  EXPECT_THAT(c.sentence, HasSubstr(": 1.01 times [1.01, 1.01] as many; 3 blocks; "));
  EXPECT_THAT(c.sentence, EndsWith("3 blocks; equivalent: no difference above 2 %."));
  run.manifest.margin = 0.005;
  EXPECT_EQ(standing_text(compare(run, "a", "b")), "faster");
}

TEST(Compare, SaysWhyItIsUndecided) {
  record::Run run = run_of({"a", "b"});
  const double above[] = {1.01, 1.02, 1.03};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000 * above[block - 1]);
    add(run, "b", block, 1000);
  }
  EXPECT_THAT(compare(run, "a", "b").sentence,
              HasSubstr("undecided: these blocks cannot tell the two apart"));
  run.trials[0].throughput_per_s = 1019;
  run.trials[4].throughput_per_s = 1021;
  EXPECT_THAT(compare(run, "a", "b").sentence,
              HasSubstr("undecided: the difference may be below 2 %"));
}

/// A stack, and the same one under another label.
record::Run self_test(double last) {
  record::Run run;
  run.manifest.blocks = 3;
  run.manifest.baseline = "a";
  add_cell(run, "a", "a");
  add_cell(run, "a", "a (again)");
  run.manifest.cells.back().role = record::Role::baseline_double;
  const double again[] = {900, 1000, last};
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000);
    add(run, "a (again)", block, again[block - 1]);
  }
  return run;
}

TEST(Compare, AStackWithItselfSaysWhetherTheIntervalCovers1) {
  EXPECT_THAT(compare(self_test(1100), "a", "a (again)").sentence,
              EndsWith("3 blocks; the interval covers 1, as it should for a stack and itself."));
  record::Run run = self_test(990);
  run.trials[1].throughput_per_s = 980;
  run.trials[3].throughput_per_s = 985;
  EXPECT_THAT(compare(run, "a", "a (again)").sentence, HasSubstr("the interval leaves out 1"));
}

TEST(Compare, TheBaselinesDoubleGivesTheNoiseFloor) {
  record::Run run = self_test(1100);
  add_cell(run, "b", "b");
  for (int block = 1; block <= 3; ++block) add(run, "b", block, 3000);
  const Comparison c = compare(run, "b", "a");
  EXPECT_NEAR(c.ratio.estimate, 3, 1e-12);
  ASSERT_TRUE(c.noise_floor);
  EXPECT_NEAR(c.noise_floor->estimate, std::cbrt(1 / (0.9 * 1.1)), 1e-12);
  EXPECT_FALSE(compare(run, "a", "a (again)").noise_floor) << "that is the comparison itself";
}

TEST(RatioText, HasTheDecimalsThatItsIntervalDeserves) {
  EXPECT_EQ(estimate_text({.estimate = 3.9, .low = 3.8, .high = 4.0}), "3.9");
  EXPECT_EQ(interval_text({.estimate = 1.0, .low = 0.99, .high = 1.01}), "[0.99, 1.01]");
  EXPECT_EQ(interval_text({.estimate = 250, .low = 200, .high = 300}), "[200, 300]");
  EXPECT_EQ(interval_text({.estimate = 1, .low = 0.02, .high = 50}), "[0.02, 50.00]");
  EXPECT_EQ(estimate_text({.estimate = 0.26}), "0.26");
  EXPECT_EQ(estimate_text({.estimate = std::nan("")}), "-");
}

record::Run one_stack(const std::string& name, std::vector<double> throughputs) {
  record::Run run = run_of({"a"}, name);
  int block = 0;
  for (const double throughput : throughputs) add(run, "a", ++block, throughput);
  return run;
}

TEST(CompareRuns, SayWhetherLimitersAndWorkAreAlike) {
  record::Run a = one_stack("A", {1, 2, 3});
  record::Run b = one_stack("B", {1, 2, 3});
  EXPECT_EQ(compare_runs(a, b, 0.02).cells[0].ratio_comparable, std::nullopt);
  for (auto& trial : a.trials) trial.limiter.name = "cpu";
  EXPECT_EQ(compare_runs(a, b, 0.02).cells[0].ratio_comparable, std::nullopt);
  EXPECT_EQ(compare_runs(b, a, 0.02).cells[0].ratio_comparable, std::nullopt);
  for (auto& trial : b.trials) trial.limiter.name = "workers";
  EXPECT_EQ(compare_runs(a, b, 0.02).cells[0].ratio_comparable, false);
  a.manifest.cells[0].audit = audited_stack("a").audit;
  b.manifest.cells[0].audit = with_hstore("a").audit;
  EXPECT_EQ(compare_runs(a, b, 0.02).cells[0].equal_work, false);
}

// By hand: logarithms 1, 2, 3 and 0, 1, 2 differ by 1; squared error 2/3, 4 degrees, t = 2.776445.
TEST(CompareRuns, PairsNoBlocks) {
  const record::Run a = one_stack("A", {std::exp(3), std::exp(1), std::exp(2)});
  const record::Run b = one_stack("B", {std::exp(0), std::exp(1), std::exp(2)});
  const RunComparison runs = compare_runs(a, b, 0.02);
  ASSERT_THAT(runs.cells, SizeIs(1));
  const Comparison& c = runs.cells.front();
  EXPECT_NEAR(std::log(c.ratio.estimate), 1, 1e-12);
  EXPECT_NEAR(std::log(c.ratio.low.value()), 1 - 2.776445 * std::sqrt(2.0 / 3), 1e-6);
  EXPECT_NEAR(std::log(c.ratio.high.value()), 1 + 2.776445 * std::sqrt(2.0 / 3), 1e-6);
  EXPECT_EQ(c.blocks, 3);
  EXPECT_NEAR(c.p50_ratio.estimate, 1, 1e-12);
  EXPECT_THAT(runs.sentence, StartsWith("a served 7 requests/s in A and 3 in B: 2.7 times [0.3, "
                                        "26.2] as many; 3 blocks each; undecided"));
}

TEST(CompareRuns, BlocksThatFollowFromTheDataWidenTheInterval) {
  record::Run a = one_stack("A", {100, 101, 102});
  const record::Run b = one_stack("B", {99, 100, 101});
  const double planned = *compare_runs(a, b, 0.02).cells.front().ratio.high;
  a.manifest.blocks = 0;
  const auto followed = compare_runs(a, b, 0.02).cells.front().ratio;
  EXPECT_GT(*followed.high, planned * 1.001);
  EXPECT_EQ(followed.confidence, 0.95);
}

// The trials of A alone follow their neighbours.
TEST(CompareRuns, TellWhatTrialsHaveInCommonWithinARun) {
  const std::vector<double> alike{1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 1};
  const std::vector<double> mixed{1, 2, 1, 2, 2, 1, 1, 2, 1, 2, 2, 1, 2, 1, 1, 2};
  const auto found = [](const std::vector<double>& a, const std::vector<double>& b) {
    return compare_runs(one_stack("A", a), one_stack("B", b), 0.02).cells.front().likeness;
  };
  ASSERT_TRUE(found(alike, mixed));
  EXPECT_NEAR(found(alike, mixed)->correlation, 8.0 / 13, 1e-9);
  EXPECT_TRUE(found(mixed, alike)->found);
  EXPECT_FALSE(found(mixed, mixed)->found);
  EXPECT_FALSE(found(mixed, mixed)->conclusive) << "16 trials of one stack";
  EXPECT_TRUE(found(alike, {1, 2, 3})->found) << "what is seen is told";
  EXPECT_FALSE(found(mixed, {1, 2, 3})) << "not looked for in B";
}

TEST(CompareRuns, OneLinePerCommonCell) {
  record::Run a = run_of({"x", "y", "z"}, "A");
  record::Run b = run_of({"y", "w", "x"}, "B");
  for (int block = 1; block <= 3; ++block) {
    add(a, "x", block, 300 + block);
    add(b, "x", block, 100 + block);
    add(a, "y", block, 100);
  }
  add(b, "x", 4, 100);
  add(b, "y", 1, 100).verdict.reject("planted");
  const RunComparison runs = compare_runs(a, b, 0.02);
  ASSERT_THAT(runs.cells, SizeIs(2));
  EXPECT_EQ(runs.cells[0].a.cell.label, "x");
  EXPECT_EQ(standing_text(runs.cells[0]), "faster");
  EXPECT_EQ(runs.cells[0].blocks, 3);
  EXPECT_THAT(runs.cells[0].sentence, HasSubstr("; 3 and 4 blocks; P99 1.00 times"));
  EXPECT_EQ(standing_text(runs.cells[1]), "invalid");
  EXPECT_EQ(runs.cells[1].sentence, "y has no valid trial in B; y: block 1: planted.");
  EXPECT_EQ(runs.sentence, "2 stacks, A over B: 1 faster, 1 invalid.");
  EXPECT_THAT(compare_runs(a, run_of({"w"}, "C"), 0.02).cells, SizeIs(0));
}

// By hand: logarithms -0.1, 0, 0.1 over 0, 0, 0: error 0.1 / sqrt 3, two degrees; for two cells at
// once t at 1.25 % on either side is 6.205347 (scipy 1.17), by itself 4.302653.
TEST(CompareRuns, SeveralStandingsHoldTogether) {
  record::Run a = run_of({"x", "y"}, "A");
  record::Run b = run_of({"x", "y"}, "B");
  const double logs[] = {-0.1, 0, 0.1};
  for (int block = 1; block <= 3; ++block) {
    for (const char* label : {"x", "y"}) {
      add(a, label, block, 1000 * std::exp(0.3 + logs[block - 1]));
      add(b, label, block, 1000);
    }
  }
  const Comparison c = compare_runs(a, b, 0.02).cells.front();
  EXPECT_NEAR(std::log(c.ratio.low.value()), 0.3 - 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(std::log(c.ratio_together.low.value()), 0.3 - 6.205347 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(standing_text(c), "undecided") << "by itself it would be faster";
  EXPECT_EQ(c.ratio_together.confidence, 0.95);
}

TEST(CompareRuns, ADoubleIsPairedWithADouble) {
  const RunComparison both = compare_runs(self_test(1100), self_test(1100), 0.02);
  ASSERT_THAT(both.cells, SizeIs(2));
  EXPECT_EQ(both.cells[1].b.cell.label, "a (again)");
  EXPECT_THAT(compare_runs(self_test(1100), one_stack("B", {1, 2, 3}), 0.02).cells, SizeIs(1));
}

TEST(Differences, SettingsAndHostBarVersionsDoNot) {
  record::Manifest a;
  a.knobs = {{"clients", "100"}, {"db.delay", "\"20ms\""}};
  a.host = {.hostname = "one",
            .os = "Debian 12",
            .kernel = "6.1",
            .cores = 2,
            .settings = {{"vm.swappiness", "60"}}};
  a.versions = {{"nginx", "1.22"}};
  a.cells = {{.stack = "x", .vintage = "2026", .lock = "aa", .workers = 7, .label = "x"}};
  record::Manifest b = a;
  b.host.hostname = "two";
  b.seed = 9;
  EXPECT_THAT(differences(a, b), SizeIs(0));
  b.cells[0].workers = 8;
  b.warmup_seconds = 1;
  b.warmup_most_seconds = 30;
  b.duration_seconds = 4;
  b.versions[0].second = "1.24";
  b.cells[0].lock = "bb";
  b.host.settings.clear();
  b.host.os = "Debian 13";
  b.knobs[1].second = "\"40ms\"";
  b.knobs.emplace_back("workers.sync", "3");
  std::vector<std::string> lines;
  for (const auto& d : differences(a, b)) {
    lines.push_back(d.what + " " + d.a + " " + d.b + (d.bars ? " bars" : ""));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "knob db.delay \"20ms\" \"40ms\" bars", "knob workers.sync nothing 3 bars",
                       "operating system Debian 12 Debian 13 bars",
                       "setting vm.swappiness 60 nothing bars", "seconds of warm-up 0 1",
                       "seconds of warm-up at most 0 30", "seconds measured 0 4",
                       "version of nginx 1.22 1.24", "workers of x 7 8", "lock of x aa bb"}));
}

}  // namespace
}  // namespace unrig::analysis
