#include "experiment/window.h"

#include <gtest/gtest.h>

#include "experiment/forecast.h"
#include "experiment/schedule.h"

namespace unrig::experiment {
namespace {

using std::chrono::seconds;

record::Run measured_at(double throughput_per_s) {
  record::Run run;
  run.manifest.baseline = "a";
  run.manifest.cells = {{.label = "a"}, {.label = "b"}};
  record::Trial trial;
  trial.label = "a";
  trial.block = 1;
  trial.window_seconds = 5;
  trial.throughput_per_s = throughput_per_s;
  run.trials.push_back(trial);
  return run;
}

Duration window_at(double throughput_per_s) {
  const record::Run run = measured_at(throughput_per_s);
  return window_of(run, run.manifest.cells[0], seconds(5));
}

// By hand: 200 requests at 10/s take 20 s, at 15/s 13.3, at 40/s the usual 5.
TEST(Window, GrowsWhereCountingWouldDominate) {
  EXPECT_EQ(window_at(10), seconds(20));
  EXPECT_EQ(window_at(15), seconds(14));
  EXPECT_EQ(window_at(40), seconds(5));
  EXPECT_EQ(window_at(1), seconds(30)) << "six times at most";
  EXPECT_EQ(window_at(0), seconds(5)) << "nothing was served";
}

TEST(Window, StaysAsShortAsItWasAskedForWhereThatIsEnough) {
  constexpr auto usual = std::chrono::milliseconds(500);
  const record::Run run = measured_at(1000);
  EXPECT_EQ(window_of(run, run.manifest.cells[0], usual), usual);
}

TEST(Window, IsOfTheCellAlone) {
  const record::Run run = measured_at(10);
  EXPECT_EQ(window_of(run, run.manifest.cells[1], seconds(5)), seconds(5));
}

TEST(Window, TheTrialsPhasesHaveIt) {
  const record::Run run = measured_at(10);
  const plan::Phases usual{.warmup = seconds(1), .duration = seconds(5)};
  EXPECT_EQ(phases_of(run, 0, {.cells = {}}, usual).duration, seconds(20));
  EXPECT_EQ(phases_of(run, 1, {.cells = {}}, usual).duration, seconds(5));
}

// Three blocks of two, the first trial is there: of "a" two trials of 21 s are left, of "b" three
// of 6 s, each with 3 s between.
TEST(Window, TheForecastKnowsIt) {
  const plan::Phases usual{.warmup = seconds(1), .duration = seconds(5)};
  const Forecast ahead = forecast(measured_at(10), {.blocks = 3}, usual, {.between = seconds(3)});
  EXPECT_EQ(ahead.trials, 5);
  EXPECT_EQ(ahead.duration, seconds(2 * 24 + 3 * 9));
}

TEST(Window, TheSlowestTrialThatMeasuredAnythingCounts) {
  record::Run run = measured_at(15);
  run.trials.push_back(run.trials[0]);
  run.trials.back().throughput_per_s = 10;
  run.trials.push_back(run.trials[0]);
  run.trials.push_back(run.trials[0]);
  run.trials.back().throughput_per_s = 8;
  run.trials.back().window_seconds = 0;  // ended before its window began
  EXPECT_EQ(window_of(run, run.manifest.cells[0], seconds(5)), seconds(20));
  run.trials.back().window_seconds = 0.5;
  EXPECT_EQ(window_of(run, run.manifest.cells[0], seconds(5)), seconds(25));
  EXPECT_EQ(window_of(run, run.manifest.cells[0], seconds(25)), seconds(25));
}

}  // namespace
}  // namespace unrig::experiment
