#include "analysis/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "plan/workers.h"

namespace unrig::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// One stack with these numbers of workers; the first is the scenario's own.
record::Run tuned_run(const std::vector<int>& workers, const std::string& concurrency = "sync") {
  record::Run run;
  for (const int number : workers) {
    run.manifest.cells.push_back({.stack = "flask",
                                  .vintage = "2026",
                                  .concurrency = concurrency,
                                  .workers = number,
                                  .label = "flask workers=" + std::to_string(number),
                                  .role = record::Role::grid_step});
    auto& cell = run.manifest.cells.back();
    cell.knobs = {{plan::workers_knob(cell), std::to_string(number)}};
  }
  run.manifest.baseline = run.manifest.cells.front().label;
  run.manifest.blocks = 4;
  run.manifest.margin = 0.02;
  return run;
}

/// Adds one block per value, each a trial of every cell: throughput[cell][block], 0 for an invalid
/// one.
void add_blocks(record::Run& run, const std::vector<std::vector<double>>& throughput,
                record::Purpose purpose = record::Purpose::planned) {
  const int before = run.trials.empty() ? 0 : run.trials.back().block;
  for (std::size_t block = 0; block < throughput.front().size(); ++block) {
    for (std::size_t cell = 0; cell < throughput.size(); ++cell) {
      record::Trial trial;
      trial.label = run.manifest.cells[cell].label;
      trial.purpose = purpose;
      trial.block = before + static_cast<int>(block) + 1;
      trial.throughput_per_s = throughput[cell][block];
      if (trial.throughput_per_s == 0) trial.verdict.reject("planted");
      run.trials.push_back(trial);
    }
  }
}

std::optional<Tuning> tune(record::Run run, const std::vector<std::vector<double>>& throughput) {
  add_blocks(run, throughput);
  return tuning_of(run, summarize(run));
}

TEST(Tuning, OnlyARunOfOneStackWithDifferentNumbersIsOne) {
  EXPECT_TRUE(is_tuning(tuned_run({7, 14}).manifest));
  EXPECT_FALSE(is_tuning(tuned_run({7}).manifest));
  record::Run itself = tuned_run({7, 7});
  for (auto& cell : itself.manifest.cells) cell.role = record::Role::asked;
  EXPECT_FALSE(is_tuning(itself.manifest)) << "a stack against itself";
  record::Run delays = tuned_run({7, 14});
  delays.manifest.cells[1].knobs = {{"db.delay", "\"1ms\""}};
  EXPECT_FALSE(is_tuning(delays.manifest)) << "a grid over something else";
  record::Run two_stacks = tuned_run({7, 14});
  two_stacks.manifest.cells[1].stack = "falcon";
  EXPECT_FALSE(is_tuning(two_stacks.manifest));
  record::Run two_vintages = tuned_run({7, 14});
  two_vintages.manifest.cells[1].vintage = "2020";
  EXPECT_FALSE(is_tuning(two_vintages.manifest));
}

TEST(Tuning, NamesTheBestTheRangeAndTheKnob) {
  const auto found =
      tune(tuned_run({7, 14, 28, 56}),
           {{100, 110, 90, 100}, {200, 220, 180, 200}, {201, 221, 181, 201}, {150, 165, 135, 150}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, 28);
  EXPECT_EQ(found->own, 7);
  EXPECT_EQ(found->knob, "workers.sync");
  // 201/100, 221/110, 181/90, 201/100: by their logarithms.
  EXPECT_NEAR(found->gain.estimate, std::pow(2.01 * 2.01 * 221 / 110 * 181 / 90, 0.25), 1e-12);
  EXPECT_EQ(found->gain_blocks, 4u);
  EXPECT_FALSE(found->gain_is_fresh);
  ASSERT_TRUE(found->no_difference);
  EXPECT_EQ(found->no_difference->low, 14);
  EXPECT_EQ(found->no_difference->high, 28);
  EXPECT_TRUE(found->sure) << "200 over 201 lies within 2 % in every block";
  const auto text = to_text(*found);
  EXPECT_THAT(text, HasSubstr("flask served most with 28 workers"));
  EXPECT_THAT(text,
              HasSubstr("Between 14 and 28 workers it makes no difference: all are within 2 %"));
  EXPECT_THAT(text, HasSubstr("--set workers.sync=28"));
}

TEST(Tuning, TheErrorIsSharedBetweenAllComparisons) {
  // Log differences to the best: mean d, standard deviation s, n = 3. The one-sided bound is
  // d + t * s / sqrt(3), with t at 1 - 0.05 / k and 2 degrees of freedom: 2.920 for one comparison,
  // 6.965 for five (tables of Student's t at 0.95 and at 0.99).
  const double spread = 0.02;  // -s, 0, s has the standard deviation s
  const double reach_of_one = 2.920 * spread / std::sqrt(3);   // 0.0337
  const double reach_of_five = 6.965 * spread / std::sqrt(3);  // 0.0804
  const double margin = std::log(1.02);
  const auto slower_by = [&](double difference) {
    std::vector<double> values;
    for (const double noise : {-spread, 0.0, spread})
      values.push_back(1000 * std::exp(noise - difference));
    return values;
  };
  const std::vector<double> best{1000, 1000, 1000};
  const auto low = [&](double difference, bool five) {
    std::vector<int> workers{7, 14};
    std::vector<std::vector<double>> values{slower_by(difference), best};
    if (five) {
      workers.insert(workers.end(), {28, 56, 80, 100});
      values.insert(values.end(), 4, std::vector<double>{500, 500, 500});
    }
    return tune(tuned_run(workers), values)->no_difference->low;
  };
  EXPECT_EQ(low(margin + reach_of_one * 0.99, false), 7) << "could be within the margin";
  EXPECT_EQ(low(margin + reach_of_one * 1.01, false), 14) << "surely slower";
  EXPECT_EQ(low(margin + reach_of_five * 0.99, true), 7);
  EXPECT_EQ(low(margin + reach_of_five * 1.01, true), 14);
}

TEST(Tuning, WhereTheBlocksCannotTellItSaysSo) {
  const auto found = tune(tuned_run({7, 14}), {{100, 120, 90}, {104, 100, 110}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->no_difference->low, 7);
  EXPECT_FALSE(found->sure);
  EXPECT_THAT(to_text(*found),
              HasSubstr("Between 7 and 14 workers this run sees no difference (margin 2 %)"));
}

TEST(Tuning, TheRangeEndsWhereMoreIsSlowerOrWasNotTried) {
  const auto range = [](double beyond) {
    return tune(tuned_run({7, 14, 28, 56}),
                {{100, 100, 101}, {200, 210, 190}, {201, 200, 199}, {beyond, beyond, beyond + 1}})
        ->no_difference;
  };
  EXPECT_EQ(range(100)->low, 14);
  EXPECT_EQ(range(100)->high, 28);
  EXPECT_EQ(range(199)->high, 56);
}

TEST(Tuning, TheGainComesFromFreshBlocks) {
  record::Run run = tuned_run({7, 14});
  add_blocks(run, {{100, 100, 100}, {150, 150, 150}});
  add_blocks(run, {{100, 100, 100}, {120, 120, 120}}, record::Purpose::confirmation);
  const auto found = tuning_of(run, summarize(run));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->gain.estimate, 1.2, 1e-12);
  EXPECT_THAT(to_text(*found), HasSubstr("1.20 times [1.20, 1.20] as many requests/s as with the "
                                         "baseline's 7, over 3 fresh blocks"));
}

TEST(Tuning, TheScenariosOwnNumberNeedsNoPin) {
  const auto found = tune(tuned_run({7, 3}), {{200, 201, 199}, {100, 100, 100}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, 7);
  EXPECT_EQ(found->gain.estimate, 1);
  const auto text = to_text(*found);
  EXPECT_THAT(text, HasSubstr("7 workers, the baseline's number"));
  EXPECT_THAT(text, HasSubstr("Every other number that was tried is slower by more than 2 %"));
  EXPECT_THAT(text, Not(HasSubstr("Pin it")));
}

TEST(Tuning, TheMostThatWasTriedMayNotBeTheBest) {
  const auto edge = tune(tuned_run({7, 14}), {{100, 100, 100}, {200, 200, 200}});
  EXPECT_THAT(to_text(*edge), HasSubstr("No more were tried: --set workers.sync=14 tries around"));
  const auto inside = tune(tuned_run({14, 28}), {{200, 200, 200}, {100, 100, 100}});
  EXPECT_THAT(to_text(*inside), Not(HasSubstr("No more were tried")));
}

TEST(Tuning, TwoBlocksAreTooFewForARange) {
  const auto found = tune(tuned_run({7, 14}, "async-greenlet"), {{100, 100}, {200, 200}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, 14);
  EXPECT_EQ(found->knob, "workers.async");
  EXPECT_FALSE(found->no_difference);
  EXPECT_THAT(to_text(*found), HasSubstr("Three blocks at least"));
}

TEST(Tuning, WhatDoesNotCountIsLeftOut) {
  record::Run run = tuned_run({7, 14, 28});
  run.manifest.cells[1].claims = {
      {.claim = "workers", .expected = "14", .observed = "13", .ok = false}};
  add_blocks(run, {{100, 100, 100}, {300, 300, 300}, {200, 200, 200}});
  const auto found = tuning_of(run, summarize(run));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, 28);
  EXPECT_FALSE(tune(tuned_run({7, 14}), {{0, 0, 0}, {0, 0, 0}})) << "nothing counts";
  const auto alone = tune(tuned_run({7, 14}), {{100, 100, 100}, {0, 0, 0}});
  EXPECT_THAT(to_text(*alone), HasSubstr("No other number counts"));
}

/// What a search found whose later blocks have only some of the numbers: 0 for a trial that is
/// missing.
Searched search(const std::vector<std::vector<double>>& throughput) {
  record::Run run = tuned_run({7, 14, 28, 56});
  add_blocks(run, throughput);
  std::erase_if(run.trials, [](const auto& trial) { return trial.throughput_per_s == 0; });
  return searched(run);
}

TEST(Searched, TakesTheBestAndOfEqualsTheFewest) {
  const auto clear = search({{300, 0}, {600, 0}, {900, 900}, {1000, 1010}});
  EXPECT_EQ(clear.best, 56);
  EXPECT_EQ(clear.spoiled, "");
  ASSERT_EQ(clear.tried.size(), 4u);
  EXPECT_EQ(clear.tried[0].first, 7);
  EXPECT_EQ(search({{300, 0}, {600, 0}, {990, 995}, {1000, 1005}}).best, 28) << "within 2 %";
}

TEST(Searched, IsNotLiftedByBlocksThatOnlySomeHave) {
  // The second block is half as fast for all: 28 leads in what the two share.
  const auto found = search({{300, 0}, {600, 0}, {1100, 0}, {1000, 500}});
  EXPECT_EQ(found.best, 28);
}

TEST(Searched, IsSpoiledWhereTooLittleCounts) {
  record::Run run = tuned_run({7, 14, 28});
  add_blocks(run, {{300, 0}, {900, 0}, {600, 0}});
  EXPECT_EQ(searched(run).spoiled, "1 of 2 trials with 14 count: planted");
  run = tuned_run({7, 14, 28});
  add_blocks(run, {{300, 300}, {900, 900}, {0, 0}});
  EXPECT_EQ(searched(run).spoiled, "no trial with 28 counts: planted");
  run = tuned_run({7, 14});
  add_blocks(run, {{0}, {0}});
  EXPECT_EQ(searched(run).best, 0);
  EXPECT_EQ(searched(run).spoiled, "no trial counts: planted");
  run.trials.clear();
  run.manifest.cells.front().failure = "no compiler\napt install gcc";
  EXPECT_EQ(searched(run).spoiled, "no compiler");
}

TEST(Searched, IsToldInOneLine) {
  record::Tuned tuned{.knob = "workers.sync",
                      .stack = "flask@2026",
                      .workers = 14,
                      .how = "searched",
                      .run = "a run",
                      .tried = {{7, 329.4}, {14, 644}, {28, 640}}};
  EXPECT_EQ(to_text(tuned),
            "workers, sync: 7 329/s, 14 644/s, 28 640/s: 14 (searched with flask@2026)");
  tuned.how = "stored";
  tuned.tried.clear();
  tuned.note = "a search was spoiled: noise";
  EXPECT_EQ(to_text(tuned),
            "workers, sync: 14 (as run a run found with flask@2026); a search was spoiled: noise");
  tuned.how = "rule of thumb";
  tuned.note.clear();
  EXPECT_EQ(to_text(tuned), "workers, sync: 14 (rule of thumb)");
}

}  // namespace
}  // namespace unrig::analysis
