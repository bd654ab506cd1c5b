#include "analysis/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/summary.h"

namespace unrig::analysis {
namespace {

using ::testing::ElementsAre;

/// Stack "a", the baseline, and "b" at each of these delays, where b serves so many times as much.
record::Run run_with(const std::vector<std::pair<std::string, double>>& times) {
  record::Run run;
  run.manifest.blocks = 5;
  for (const auto& [delay, ratio] : times) {
    for (const std::string stack : {"a", "b"}) {
      run.manifest.cells.push_back({.stack = stack,
                                    .vintage = "1",
                                    .label = stack + " db.delay=" + delay,
                                    .knobs = {{"db.delay", '"' + delay + '"'}},
                                    .role = record::Role::grid_step});
    }
  }
  run.manifest.baseline = run.manifest.cells.front().label;
  // What is the scenario's own is none of the cell's.
  run.manifest.knobs = {{"db.delay", '"' + times.back().first + '"'}};
  if (times.size() > 1) {
    for (std::size_t own = 1; own <= 2; ++own)
      run.manifest.cells[run.manifest.cells.size() - own].knobs.clear();
  }
  for (int block = 1; block <= 5; ++block) {
    for (const auto& cell : run.manifest.cells) {
      record::Trial trial{.label = cell.label, .block = block};
      // What a block does to all of it cancels; one percent of scatter does not.
      trial.throughput_per_s = 100 + 10 * block;
      if (cell.stack == "b") {
        const double ratio =
            times[static_cast<std::size_t>(&cell - run.manifest.cells.data()) / 2].second;
        trial.throughput_per_s *= ratio * (block % 2 == 0 ? 1.005 : 0.995);
      }
      run.trials.push_back(trial);
    }
  }
  return run;
}

Grid found_in(const record::Run& run) {
  return grid_of(run, summarize(run)).value();
}

TEST(Grid, HoldsEveryStackAgainstTheBaselinesAtTheSameSetting) {
  const Grid grid = found_in(run_with({{"10ms", 0.5}, {"20ms", 1}, {"40ms", 1.8}}));
  EXPECT_THAT(grid.knobs, ElementsAre("db.delay"));
  EXPECT_EQ(grid.beside, "a");
  ASSERT_EQ(grid.settings.size(), 3U);
  EXPECT_EQ(grid.settings[2].text, "db.delay=40ms");
  EXPECT_EQ(grid.settings[2].knobs, (record::Pairs{{"db.delay", "\"40ms\""}}));
  ASSERT_EQ(grid.settings[2].ratios.size(), 1U);
  const GridRatio& last = grid.settings[2].ratios[0];
  EXPECT_EQ(last.name, "b");
  EXPECT_EQ(last.label, "b db.delay=40ms");
  EXPECT_NEAR(last.ratio.estimate, 1.8, 0.01);
  EXPECT_EQ(last.standing, stats::Standing::faster);
  EXPECT_EQ(grid.settings[1].ratios[0].standing, stats::Standing::equivalent);
  EXPECT_EQ(grid.settings[0].ratios[0].standing, stats::Standing::slower);
}

TEST(Grid, IntervalsHoldTogether) {
  const record::Run alone = run_with({{"10ms", 0.5}});
  const record::Run three = run_with({{"10ms", 0.5}, {"20ms", 1}, {"40ms", 1.8}});
  const auto width = [](const Grid& grid) {
    const auto& ratio = grid.settings[0].ratios[0].ratio;
    return *ratio.high - *ratio.low;
  };
  EXPECT_GT(width(found_in(three)), 1.2 * width(found_in(alone)));
}

TEST(Grid, SaysBetweenWhichSettingsOneOvertakesTheOther) {
  EXPECT_EQ(found_in(run_with({{"10ms", 0.5}, {"20ms", 1}, {"40ms", 1.8}})).sentence,
            "b overtakes a between db.delay=10ms and db.delay=40ms.");
  EXPECT_EQ(found_in(run_with({{"1ms", 2}, {"2ms", 0.5}, {"3ms", 2}})).sentence,
            "b falls behind a between db.delay=1ms and db.delay=2ms and overtakes a between "
            "db.delay=2ms and db.delay=3ms.");
}

TEST(Grid, SaysHowOftenWhereNoneDoes) {
  EXPECT_EQ(found_in(run_with({{"1ms", 2}, {"2ms", 3}})).sentence,
            "b is faster than a at all 2 settings.");
  EXPECT_EQ(found_in(run_with({{"1ms", 0.5}, {"2ms", 1}})).sentence,
            "b is slower than a at 1 of 2 settings, is as fast as a at 1 of 2 settings.");
}

TEST(Grid, ACellThatDoesNotCountHasNoStanding) {
  record::Run run = run_with({{"1ms", 2}, {"2ms", 2}});
  run.manifest.cells[3].claims = {
      {.claim = "workers", .expected = "2", .observed = "1", .ok = false}};
  const Grid grid = found_in(run);
  EXPECT_TRUE(std::isnan(grid.settings[1].ratios[0].ratio.estimate));
  EXPECT_FALSE(grid.settings[1].ratios[0].standing);
  EXPECT_EQ(grid.sentence,
            "b is faster than a at 1 of 2 settings, has no valid trial beside a at 1 of 2 "
            "settings.");
}

TEST(Grid, OfOneStackTheTableSaysAll) {
  record::Run run = run_with({{"1ms", 2}, {"2ms", 2}});
  std::erase_if(run.manifest.cells, [](const auto& cell) { return cell.stack == "b"; });
  EXPECT_FALSE(grid_of(run, summarize(run)));
  EXPECT_THAT(varied_knobs(run.manifest), ElementsAre("db.delay"));
  run.manifest.cells[0].role = run.manifest.cells[1].role = record::Role::asked;
  EXPECT_TRUE(varied_knobs(run.manifest).empty());
}

}  // namespace
}  // namespace unrig::analysis
