#include "campaign/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "analysis/summary.h"
#include "base/played_clock.h"
#include "campaign/resume.h"
#include "plan/cells.h"
#include "record/json.h"

namespace unrig::campaign {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Serves 100 requests/s per worker; every trial takes ten seconds of the clock.
class PlayedBench final : public plan::Bench {
 public:
  explicit PlayedBench(PlayedClock& clock) : clock_(clock) {}
  Result<record::Trial> run(const record::Cell& cell, const plan::Phases&, const plan::Place& place,
                            std::stop_token) override {
    clock_.sleep_for(10s);
    if (fails_at == place.block) return fail(ErrorKind::internal, "the bench broke");
    record::Trial trial{.label = cell.label, .stack = cell.stack, .block = place.block};
    trial.throughput_per_s = 100.0 * cell.workers;
    trial.window_seconds = 1e6;
    trial.workers = cell.workers;
    trial.conditions = record::Conditions{.clients = 100, .cores = 2, .chain_cores = 2};
    // Blocks differ, and trials a little.
    trial.throughput_per_s *= 1 + 0.01 * place.block + (place.seed % 2 == 0 ? 0.001 : -0.001);
    trial.limiter = {.name = suspected,
                     .suspects = {{.name = "workers", .margin = 0.01},
                                  {.name = "clients", .margin = 0.2},
                                  {.name = "cpu", .margin = 0.3}}};
    return trial;
  }
  record::Disturbance look(Duration, const std::function<bool()>&) override { return {}; }
  int fails_at = 0;  ///< block
  std::string suspected = "workers";

 private:
  PlayedClock& clock_;
};

class PlayedSite final : public Site {
 public:
  explicit PlayedSite(PlayedClock& clock) : bench_(clock) {}
  Result<> prepare(record::Manifest& manifest, experiment::Watcher&,
                   const std::stop_token&) override {
    for (auto& cell : manifest.cells) cell.lock = lock;
    manifest.versions = {{"played", version}};
    return refuses ? fail(ErrorKind::environment, "nothing is here") : Result<>{};
  }
  Result<> inspect(record::Manifest& manifest, experiment::Watcher&) override {
    ++inspections;
    manifest.cells.back().failure = broken;
    return {};
  }
  Result<> admit(record::Manifest& manifest) override {
    for (auto& change : manifest.perturbations) {
      if (change.knob == "machine.cpu") change.not_checked = "no control group";
    }
    return loses_groups ? fail(ErrorKind::environment, "the groups are gone") : Result<>{};
  }
  plan::Bench& bench() override { return bench_; }

  PlayedBench bench_;
  std::string lock = "a lock", version = "1", broken;
  bool refuses = false, loses_groups = false;
  int inspections = 0;
};

class Silent : public experiment::Watcher {
 public:
  void run_begins(const record::Manifest& manifest) override { told.push_back(manifest.scenario); }
  void trial_begins(const record::Cell&, const plan::Place&, Duration) override {}
  void trial_ended(const record::Cell&, const record::Trial&) override { ++trials; }
  void cell_failed(const record::Cell&, const Error&) override {}
  void wait_begins(const record::Run&, int, Duration) override {}
  void waits(const record::Disturbance&, Duration) override {}
  void wait_ended(bool, Duration) override {}
  void say(const std::string& line) override { told.push_back(line); }
  int trials = 0;
  std::vector<std::string> told;
};

class CampaignTest : public ::testing::Test {
 protected:
  CampaignTest() : folder_(std::filesystem::temp_directory_path() / folder_name()) {
    std::filesystem::create_directory(folder_);
    store_.emplace(record::Store::open(folder_ / "unrig.db").value());
    task_.scenario = "played";
    task_.knobs = {{"db.delay", "\"20ms\""}};
    task_.cells = {{.stack = "a", .workers = 4, .label = "a"},
                   {.stack = "b", .workers = 8, .label = "b"}};
    task_.baseline = "a";
    task_.blocks = 3;
    task_.seed = 7;
  }
  ~CampaignTest() override { std::filesystem::remove_all(folder_); }

  static std::string folder_name() {
    return std::string("unrig_campaign_test_") +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  Result<Begun> begin_it(std::optional<record::Run> stored = {}) {
    return begin(task_, site_, *store_, watcher_, stop_, clock_, std::move(stored));
  }
  Measured conduct_it(Begun begun) {
    return conduct(std::move(begun), site_, *store_, watcher_, stop_, clock_);
  }

  std::filesystem::path folder_;
  std::optional<record::Store> store_;
  PlayedClock clock_;
  PlayedSite site_{clock_};
  Silent watcher_;
  experiment::Stop stop_;
  Task task_;
};

TEST_F(CampaignTest, APlayedBenchIsConductedLikeAnyOther) {
  auto begun = begin_it();
  ASSERT_TRUE(begun) << begun.error().what;
  const Measured measured = conduct_it(std::move(*begun));
  EXPECT_FALSE(measured.interrupted);
  EXPECT_FALSE(measured.error);
  EXPECT_EQ(site_.inspections, 1);
  EXPECT_EQ(watcher_.trials, 6);
  EXPECT_THAT(watcher_.told, ElementsAre("played"));
  const auto stored = store_->read("last");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->trials.size(), 6U);
  EXPECT_EQ(stored->manifest.run, measured.run.manifest.run);
  EXPECT_EQ(stored->manifest.cells[1].lock, "a lock");
  EXPECT_EQ(stored->manifest.versions, (record::Pairs{{"played", "1"}}));
}

TEST_F(CampaignTest, WhatFailsBeforeTheFirstTrialLeavesNoRun) {
  site_.refuses = true;
  const auto begun = begin_it();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().what, "nothing is here");
  EXPECT_EQ(site_.inspections, 0);
  EXPECT_TRUE(store_->list()->empty());
}

TEST_F(CampaignTest, ACellThatFailsItsInspectionIsLeftOut) {
  site_.broken = "it does not start";
  const Measured measured = conduct_it(begin_it().value());
  EXPECT_EQ(measured.run.trials.size(), 3U);
  for (const auto& trial : measured.run.trials) EXPECT_EQ(trial.label, "a");
}

TEST_F(CampaignTest, TheBenchsErrorEndsItAndKeepsWhatWasMeasured) {
  site_.bench_.fails_at = 2;
  const Measured measured = conduct_it(begin_it().value());
  ASSERT_TRUE(measured.error);
  EXPECT_THAT(measured.error->what, HasSubstr("the bench broke"));
  EXPECT_EQ(store_->read("last")->trials.size(), 2U);
}

TEST_F(CampaignTest, GoesOnWhereItWasInterruptedWithoutAnotherInspection) {
  stop_.finish = true;
  const Measured first = conduct_it(begin_it().value());
  EXPECT_TRUE(first.interrupted);
  EXPECT_TRUE(first.run.trials.empty());
  stop_.finish = false;
  task_.patience = 5s;
  auto begun = begin_it(store_->read("last").value());
  ASSERT_TRUE(begun) << begun.error().what;
  EXPECT_THAT(watcher_.told.back(), HasSubstr("goes on with run " + first.run.manifest.run));
  const Measured rest = conduct_it(std::move(*begun));
  EXPECT_EQ(site_.inspections, 1);
  EXPECT_EQ(rest.run.trials.size(), 6U);
  EXPECT_EQ(store_->list()->size(), 1U) << "it is the same run";
  EXPECT_EQ(store_->read("last")->manifest.patience_seconds, 5);
}

// The workers of the played bench bound it, and nothing else does.
TEST_F(CampaignTest, ALimiterIsPutToTheTestAtTheEnd) {
  task_.confirm_limiters = true;
  const Measured measured = conduct_it(begin_it().value());
  ASSERT_FALSE(measured.error);
  const auto stored = store_->read("last").value();
  ASSERT_EQ(stored.manifest.perturbations.size(), 6U);
  EXPECT_EQ(stored.manifest.perturbations, measured.run.manifest.perturbations);
  EXPECT_EQ(stored.manifest.cells.size(), 2U);
  EXPECT_EQ(stored.trials.size(), 2U * 3 + 5 * (2 + 2 * 2)) << "the CPU time is not limited";
  const auto summary = analysis::summarize(stored);
  ASSERT_EQ(summary.rows.size(), 2U);
  for (const auto& row : summary.rows) {
    EXPECT_EQ(row.trials, 3);
    EXPECT_EQ(row.limiter.name, "workers");
    EXPECT_TRUE(row.limiter.confirmed);
    ASSERT_EQ(row.elasticities.size(), 3U);
    EXPECT_NEAR(row.elasticities[0].elasticity.estimate, 1, 0.05);
    EXPECT_EQ(row.elasticities[1].proof, analysis::Proof::refuted) << "clients";
    EXPECT_EQ(row.elasticities[2].why_not, "no control group");
  }
}

TEST_F(CampaignTest, AFalseSuspectIsRefutedAndTheRightOneNamed) {
  task_.confirm_limiters = true;
  site_.bench_.suspected = "clients";
  const auto run = conduct_it(begin_it().value()).run;
  for (const auto& row : analysis::summarize(run).rows) {
    EXPECT_EQ(row.limiter.name, "workers");
    EXPECT_TRUE(row.limiter.confirmed);
    EXPECT_THAT(row.limiter.evidence.front(), HasSubstr("by the rules it would be clients"));
  }
}

// The groups were made anew for the test, and could not be: cells with quotas have none either.
TEST_F(CampaignTest, WhatWasMeasuredIsKeptWhereNothingCanBePutToTheTest) {
  task_.confirm_limiters = true;
  site_.loses_groups = true;
  const Measured measured = conduct_it(begin_it().value());
  ASSERT_TRUE(measured.error);
  EXPECT_EQ(measured.error->what, "the groups are gone");
  EXPECT_EQ(measured.run.trials.size(), 6U);
}

TEST_F(CampaignTest, NothingIsTestedUnlessAskedFor) {
  EXPECT_EQ(conduct_it(begin_it().value()).run.trials.size(), 6U);
}

TEST_F(CampaignTest, GoesOnInTheMiddleOfTheTest) {
  task_.confirm_limiters = true;
  site_.bench_.fails_at = 6;  // of blocks 4 to 8
  const Measured first = conduct_it(begin_it().value());
  ASSERT_TRUE(first.error);
  ASSERT_EQ(first.run.trials.size(), 2U * 3 + 2 * 6);
  site_.bench_.fails_at = 0;
  task_.confirm_limiters = {};  // as the run did
  task_ = task_of(first.run.manifest, task_);
  const Measured rest = conduct_it(begin_it(store_->read("last").value()).value());
  ASSERT_FALSE(rest.error);
  EXPECT_EQ(rest.run.trials.size(), 2U * 3 + 5 * 6);
  EXPECT_EQ(rest.run.manifest.perturbations, first.run.manifest.perturbations);
  EXPECT_TRUE(analysis::summarize(rest.run).rows.front().limiter.confirmed);
}

TEST_F(CampaignTest, AStoredRunMayBePutToTheTestLater) {
  ASSERT_EQ(conduct_it(begin_it().value()).run.trials.size(), 6U);
  task_.confirm_limiters = true;
  const Measured rest = conduct_it(begin_it(store_->read("last").value()).value());
  EXPECT_EQ(rest.run.trials.size(), 2U * 3 + 5 * 6);
}

TEST_F(CampaignTest, DoesNotGoOnOnOtherGround) {
  ASSERT_FALSE(conduct_it(begin_it().value()).error);
  site_.version = "2";
  const auto refused = begin_it(store_->read("last").value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_THAT(refused.error().what, HasSubstr("the version of played was 1 and is now 2"));
}

TEST_F(CampaignTest, TheBudgetCountsFromItsBeginning) {
  task_.budget = 25s;
  const Measured measured = conduct_it(begin_it().value());
  EXPECT_EQ(measured.run.trials.size(), 3U) << "at 0 s, 10 s and 20 s";
}

}  // namespace
}  // namespace unrig::campaign
