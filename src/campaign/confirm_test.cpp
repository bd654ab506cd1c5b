#include "campaign/confirm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::campaign {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Suspects = std::vector<std::pair<std::string, double>>;

void add_trials(record::Run& run, const std::string& label, const std::string& limiter,
                const Suspects& suspects) {
  const record::Cell cell{.stack = label, .concurrency = "sync", .workers = 7, .label = label};
  run.manifest.cells.push_back(cell);
  for (int block = 1; block <= 3; ++block) {
    record::Trial trial{.label = label, .block = block, .workers = 7};
    trial.throughput_per_s = 1000;
    trial.conditions = record::Conditions{
        .clients = 100, .sessions = 20, .delay_us = 20'000, .cores = 2, .chain_cores = 2};
    trial.limiter.name = limiter;
    for (const auto& [name, margin] : suspects)
      trial.limiter.suspects.push_back({.name = name, .margin = margin});
    run.trials.push_back(std::move(trial));
  }
}

/// "a: workers, cpu" of each cell, as far as they can be changed; "(…)" around the others.
std::vector<std::string> tested(const record::Run& run) {
  std::vector<std::string> lines;
  std::string of;
  for (const auto& change : perturbations_of(run)) {
    const std::string name =
        change.not_checked.empty() ? change.suspect : "(" + change.suspect + ")";
    if (change.of == of) {
      lines.back() += ", " + name;
    } else {
      lines.push_back(change.of + ": " + name);
    }
    of = change.of;
  }
  return lines;
}

const Suspects usual{{"workers", 0.01}, {"cpu", 0.4}, {"sessions", 0.6}, {"pooler", 0.9}};

TEST(Perturbations, TheLimiterItsLikeliestRivalAndASecondOneThatIsNear) {
  record::Run run;
  add_trials(run, "a", "workers", usual);
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu"));
  for (auto& trial : run.trials) trial.limiter.suspects[2].margin = 0.45;
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu, sessions"));
  for (auto& trial : run.trials) trial.limiter.suspects[3].margin = 0.45;
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu, pooler")) << "two at most";
  for (auto& trial : run.trials) trial.limiter.suspects[1].margin = 0.9;
  for (auto& trial : run.trials) trial.limiter.suspects[2].margin = 0.9;
  for (auto& trial : run.trials) trial.limiter.suspects[3].margin = 0.95;
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu")) << "one, however far";
}

TEST(Perturbations, OfTwoCellsWhatLimitsTheOtherOneIsTheFirstRival) {
  record::Run run;
  add_trials(run, "a", "workers", usual);
  add_trials(run, "b", "sessions", {{"sessions", 0.02}, {"cpu", 0.3}, {"workers", 0.9}});
  EXPECT_THAT(tested(run), ElementsAre("a: workers, sessions, cpu", "b: sessions, workers, cpu"));
  add_trials(run, "c", "sessions", {{"sessions", 0.02}});
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu", "b: sessions, cpu", "c: sessions"));
}

TEST(Perturbations, ALimiterThatCannotBeChangedSaysSoAndRivalsOfThatKindAreNone) {
  record::Run run;
  add_trials(run, "a", "load generator",
             {{"load generator", 0.05}, {"listen queue", 0.1}, {"clients", 0.3}});
  EXPECT_THAT(tested(run), ElementsAre("a: (load generator), clients"));
}

TEST(Perturbations, WhereNoResourceIsNamedTheNearestTwoAreTested) {
  record::Run run;
  add_trials(run, "a", "several", usual);
  EXPECT_THAT(tested(run), ElementsAre("a: workers, cpu"));
}

TEST(Perturbations, AServedRateIsLimitedByNothing) {
  record::Run run;
  add_trials(run, "a", "unattributed", usual);
  for (auto& trial : run.trials) trial.conditions->open_loop = true;
  EXPECT_THAT(tested(run), IsEmpty());
}

TEST(Perturbations, WithoutATrialThatCountsThereIsNothingToChange) {
  record::Run run;
  add_trials(run, "a", "workers", usual);
  for (auto& trial : run.trials) trial.verdict.reject("errors");
  EXPECT_THAT(tested(run), IsEmpty());
  record::Run url;
  add_trials(url, "http://a/", "errors", {});
  for (auto& trial : url.trials) trial.conditions->sees_server = false;
  EXPECT_THAT(tested(url), IsEmpty());
}

}  // namespace
}  // namespace unrig::campaign
