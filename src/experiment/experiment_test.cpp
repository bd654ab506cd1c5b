#include "experiment/experiment.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/played_clock.h"
#include "record/testing.h"

namespace unrig::experiment {
namespace {

namespace fs = std::filesystem;

/// A bench that answers from a function and writes down what it was asked.
class PlayedBench final : public plan::Bench {
 public:
  using Play = std::function<Result<record::Trial>(const record::Cell&, const plan::Place&)>;
  explicit PlayedBench(Play play) : play_(std::move(play)) {}
  Result<record::Trial> run(const record::Cell& cell, const plan::Phases&, const plan::Place& place,
                            std::stop_token) override {
    asked.push_back(cell.label + std::to_string(place.block));
    return play_(cell, place);
  }
  Result<> mend() override {
    ++mended;
    return {};
  }
  record::Disturbance look(Duration length, const std::function<bool()>& stop) override {
    ++looks;
    return look_ ? look_(length, stop) : record::Disturbance{};
  }
  void set_look(std::function<record::Disturbance(Duration, const std::function<bool()>&)> look) {
    look_ = std::move(look);
  }
  std::vector<std::string> asked;
  int mended = 0;
  int looks = 0;

 private:
  std::function<record::Disturbance(Duration, const std::function<bool()>&)> look_;
  Play play_;
};

class QuietWatcher final : public Watcher {
 public:
  void trial_begins(const record::Cell&, const plan::Place&, Duration length) override {
    ++begun;
    lengths.push_back(length);
  }
  void trial_ended(const record::Cell&, const record::Trial&) override { ++ended; }
  void cell_failed(const record::Cell&, const Error&) override { ++failed; }
  void mended(const std::string& what) override { told.push_back(what); }
  void wait_begins(const record::Run&, int block, Duration left) override {
    waits_told.push_back("block " + std::to_string(block) + " " + to_text(left));
  }
  void waits(const record::Disturbance& now, Duration) override {
    waits_told.push_back(now.foreign_name);
  }
  void wait_ended(bool quiet, Duration waited) override {
    waits_told.push_back((quiet ? "quiet after " : "busy after ") + to_text(waited));
  }
  int begun = 0, ended = 0, failed = 0;
  std::vector<std::string> told, waits_told;
  std::vector<Duration> lengths;
};

Result<record::Trial> good(const record::Cell& cell, const plan::Place& place) {
  record::Trial trial;
  trial.label = cell.label;
  trial.stack = cell.label;
  trial.throughput_per_s = 100;
  trial.block = place.block;
  trial.seed = place.seed;
  return trial;
}

class ExperimentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-experiment-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_.emplace(record::Store::open(folder_ / "unrig.db").value());
    for (const char* label : {"a", "b", "c"}) {
      run_.manifest.cells.push_back({.label = label});
    }
    conduct_.rule.confirmation_blocks = 0;
    run_.manifest.seed = 42;
    run_.manifest.run = "test";
    run_.manifest.baseline = "a";
    ASSERT_TRUE(store_->add_run(run_.manifest));
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  Result<Ending> conduct_with(PlayedBench& bench) {
    return conduct(conduct_, bench, run_, *store_, watcher_, stop_, clock_);
  }

  fs::path folder_;
  std::optional<record::Store> store_;
  Conduct conduct_;
  record::Run run_;
  QuietWatcher watcher_;
  SystemClock clock_;
  Stop stop_;
  int bench_calls_ = 0;
};

TEST_F(ExperimentTest, EveryCellRunsOncePerBlockAndIsStored) {
  PlayedBench bench(good);
  const auto ending = conduct_with(bench);
  ASSERT_TRUE(ending);
  EXPECT_FALSE(ending->interrupted);
  EXPECT_EQ(watcher_.lengths, std::vector<Duration>(9, std::chrono::seconds(7)));
  auto asked = bench.asked;
  std::sort(asked.begin(), asked.end());
  EXPECT_EQ(asked,
            (std::vector<std::string>{"a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"}));
  EXPECT_EQ(store_->read("test")->trials.size(), 9u);
  EXPECT_NE(run_.trials[0].seed, run_.trials[1].seed);
  EXPECT_EQ(watcher_.ended, 9);
}

TEST_F(ExperimentTest, ACellThatDoesNotRunLeavesTheOthersToGoOn) {
  PlayedBench bench(
      [](const record::Cell& cell, const plan::Place& place) -> Result<record::Trial> {
        if (cell.label == "b") return fail(ErrorKind::measurement, "no module named b");
        return good(cell, place);
      });
  ASSERT_TRUE(conduct_with(bench));
  EXPECT_EQ(std::count(bench.asked.begin(), bench.asked.end(), "b1"), 1);
  EXPECT_EQ(std::count(bench.asked.begin(), bench.asked.end(), "b2"), 0);
  EXPECT_EQ(run_.trials.size(), 6u);
  EXPECT_EQ(watcher_.failed, 1);
  EXPECT_EQ(store_->read("test")->manifest.cells[1].failure, "no module named b");
}

// As it would be if its trials were taken for another cell's.
TEST_F(ExperimentTest, ABlockThatIsPlannedAgainAfterItsTrialsEndsTheRun) {
  PlayedBench bench([](const record::Cell& cell, const plan::Place& place) {
    auto trial = good(cell, place);
    trial->label = "nobody's";
    return trial;
  });
  const auto ending = conduct_with(bench);
  ASSERT_FALSE(ending);
  EXPECT_EQ(ending.error().kind, ErrorKind::internal);
  EXPECT_EQ(bench.asked.size(), 3u);
  EXPECT_EQ(store_->read("test")->trials.size(), 3u) << "they are kept";
}

TEST_F(ExperimentTest, FinishEndsAfterTheRunningTrialAndKeepsIt) {
  PlayedBench bench([this](const record::Cell& cell, const plan::Place& place) {
    if (bench_calls_++ == 3) stop_.finish = true;
    return good(cell, place);
  });
  const auto ending = conduct_with(bench);
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->interrupted);
  EXPECT_EQ(store_->read("test")->trials.size(), 4u);
}

TEST_F(ExperimentTest, AnErrorThatMendingDoesNotHelpEndsTheRunAndKeepsWhatWasMeasured) {
  PlayedBench bench(
      [this](const record::Cell& cell, const plan::Place& place) -> Result<record::Trial> {
        if (bench_calls_++ >= 2) return fail(ErrorKind::environment, "the database is gone");
        return good(cell, place);
      });
  const auto ending = conduct_with(bench);
  ASSERT_FALSE(ending);
  EXPECT_EQ(bench.mended, 1);
  EXPECT_EQ(ending.error().kind, ErrorKind::environment);
  EXPECT_EQ(run_.trials.size(), 2u);
  EXPECT_EQ(store_->read("test")->trials.size(), 2u);
}

TEST_F(ExperimentTest, ABenchThatBreaksIsMendedAndTheTrialMadeAgain) {
  PlayedBench bench(
      [this](const record::Cell& cell, const plan::Place& place) -> Result<record::Trial> {
        if (bench_calls_++ == 2) return fail(ErrorKind::environment, "the pooler is frozen");
        return good(cell, place);
      });
  const auto ending = conduct_with(bench);
  ASSERT_TRUE(ending);
  EXPECT_EQ(bench.mended, 1);
  EXPECT_EQ(bench.asked[2], bench.asked[3]);
  EXPECT_EQ(store_->read("test")->trials.size(), 9u);
  ASSERT_EQ(watcher_.told.size(), 1u);
  EXPECT_NE(watcher_.told[0].find("the pooler is frozen"), std::string::npos);
}

TEST_F(ExperimentTest, WhatBreaksWhileTheRunIsStoppedIsNoFailureOfACell) {
  PlayedBench bench([this](const record::Cell&, const plan::Place&) -> Result<record::Trial> {
    stop_.now.request_stop();
    return fail(ErrorKind::measurement, "did not start: its processes were ended");
  });
  const auto ending = conduct_with(bench);
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->interrupted);
  EXPECT_EQ(watcher_.failed, 0);
  EXPECT_EQ(bench.mended, 0);
}

TEST_F(ExperimentTest, AStoreThatRefusesATrialDoesNotEndTheRun) {
  PlayedBench bench(good);
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "unrig.db").c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw, "DROP TABLE trial", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  const auto ending = conduct(conduct_, bench, run_, *store_, watcher_, stop_, PlayedClock());
  ASSERT_TRUE(ending);
  EXPECT_EQ(run_.trials.size(), 9u);
  ASSERT_TRUE(ending->unsaved);
  EXPECT_NE(ending->unsaved->what.find("9 of 9"), std::string::npos);
  EXPECT_EQ(watcher_.told.size(), 1u) << "said once";
}

TEST_F(ExperimentTest, TrialsKnowWhyTheyWereRun) {
  PlayedBench bench(good);
  conduct_.rule = {.blocks = 1, .confirmation_blocks = 1};
  ASSERT_TRUE(conduct_with(bench));
  ASSERT_EQ(run_.trials.size(), 5u);
  EXPECT_EQ(run_.trials.front().purpose, record::Purpose::planned);
  EXPECT_EQ(run_.trials.back().purpose, record::Purpose::confirmation);
}

TEST_F(ExperimentTest, NoTrialBeginsAfterTheDeadline) {
  PlayedBench bench(good);
  conduct_.deadline = clock_.now();
  const auto ending = conduct_with(bench);
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->out_of_time);
  EXPECT_TRUE(bench.asked.empty());
}

TEST_F(ExperimentTest, ARunThatWasInterruptedGoesOnWhereItStopped) {
  PlayedBench whole(good);
  ASSERT_TRUE(conduct_with(whole));
  record::Run half = run_;
  half.trials.resize(4);
  run_ = half;
  run_.manifest.run = "resumed";
  ASSERT_TRUE(store_->add_run(run_.manifest));
  PlayedBench rest(good);
  ASSERT_TRUE(conduct_with(rest));
  EXPECT_EQ(rest.asked, std::vector<std::string>(whole.asked.begin() + 4, whole.asked.end()));
}

const record::Disturbance busy{.foreign = 0.5, .foreign_name = "cc1plus"};

Result<record::Trial> disturbed(const record::Cell& cell, const plan::Place& place) {
  auto trial = good(cell, place);
  trial->disturbance = busy;
  trial->verdict.reject("other programs used the CPU");
  trial->verdict.disturbed = true;
  return trial;
}

/// Trials take 10 s and looks as long as they are asked for, on a played clock.
class PatienceTest : public ExperimentTest {
 protected:
  PatienceTest()
      : bench_([this](const record::Cell& cell, const plan::Place& place) {
          played_.sleep_for(std::chrono::seconds(10));
          return played_.now() < quiet_from_ ? disturbed(cell, place) : good(cell, place);
        }) {
    bench_.set_look([this](Duration length, const std::function<bool()>&) {
      played_.sleep_for(length);
      return played_.now() < quiet_from_ ? busy : record::Disturbance{};
    });
    conduct_.patience = std::chrono::minutes(2);
  }
  void quiet_after(Duration time) { quiet_from_ = played_.now() + time; }
  Result<Ending> conduct_played() {
    return conduct(conduct_, bench_, run_, *store_, watcher_, stop_, played_);
  }

  PlayedClock played_;
  Instant quiet_from_ = played_.now();
  PlayedBench bench_;
};

TEST_F(PatienceTest, AfterABlockInWhichEverythingWasDisturbedItWaitsUntilItIsQuiet) {
  quiet_after(std::chrono::seconds(40));  // the first block takes 30
  ASSERT_TRUE(conduct_played());
  EXPECT_EQ(watcher_.waits_told, (std::vector<std::string>{"block 1 120s", "cc1plus", "cc1plus",
                                                           "cc1plus", "quiet after 12s"}));
  const auto valid = std::ranges::count_if(
      run_.trials, [](const record::Trial& trial) { return trial.verdict.valid; });
  EXPECT_EQ(valid, 9) << "two planned blocks and one that makes up for the first";
}

TEST_F(PatienceTest, OnABusyMachineItWaitsAsLongAsItHasPatienceAndEnds) {
  quiet_after(std::chrono::hours(5));
  const Instant begun = played_.now();
  ASSERT_TRUE(conduct_played());
  EXPECT_EQ(bench_.looks, 40) << "every 3 s of two minutes, once";
  EXPECT_EQ(watcher_.waits_told.back(), "busy after 120s");
  // Three planned blocks and one in their place, which was in vain: no second one.
  EXPECT_EQ(run_.trials.size(), 12u);
  EXPECT_EQ(played_.now() - begun, std::chrono::minutes(2) + 12 * std::chrono::seconds(10));
}

TEST_F(PatienceTest, WhatIsLeftOfItServesTheNextTime) {
  conduct_.patience = std::chrono::seconds(10);
  int trials = 0;
  PlayedBench bench([&](const record::Cell& cell, const plan::Place& place) {
    return ++trials <= 6 ? disturbed(cell, place) : good(cell, place);
  });
  bench.set_look([&](Duration length, const std::function<bool()>&) {
    played_.sleep_for(length);
    return bench.looks == 1 ? record::Disturbance{} : busy;
  });
  ASSERT_TRUE(conduct(conduct_, bench, run_, *store_, watcher_, stop_, played_));
  EXPECT_EQ(watcher_.waits_told,
            (std::vector<std::string>{"block 1 10s", "quiet after 3s", "block 2 7s", "cc1plus",
                                      "cc1plus", "cc1plus", "busy after 7s"}));
}

TEST_F(PatienceTest, NoneIsAskedForWhereOneTrialCountsOrNoiseIsAccepted) {
  PlayedBench one([](const record::Cell& cell, const plan::Place& place) {
    return cell.label == "b" ? good(cell, place) : disturbed(cell, place);
  });
  ASSERT_TRUE(conduct(conduct_, one, run_, *store_, watcher_, stop_, played_));
  EXPECT_EQ(one.looks, 0);

  run_.trials.clear();
  run_.manifest.accept_noise = true;
  quiet_after(std::chrono::hours(5));
  ASSERT_TRUE(conduct_played());
  EXPECT_EQ(bench_.looks, 0);
  EXPECT_EQ(run_.trials.size(), 9u) << "what counts is not made up for";
}

TEST_F(PatienceTest, ZeroPatienceIsNone) {
  conduct_.patience = Duration(0);
  quiet_after(std::chrono::hours(5));
  ASSERT_TRUE(conduct_played());
  EXPECT_EQ(bench_.looks, 0);
}

TEST_F(PatienceTest, AnInterruptAndTheDeadlineEndTheWait) {
  quiet_after(std::chrono::hours(5));
  bench_.set_look([this](Duration, const std::function<bool()>& stop) {
    EXPECT_FALSE(stop());
    stop_.finish = true;
    EXPECT_TRUE(stop());
    return record::Disturbance{};
  });
  const auto ending = conduct_played();
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->interrupted);
  EXPECT_EQ(run_.trials.size(), 3u);

  run_.trials.clear();
  stop_.finish = false;
  bench_.set_look([this](Duration length, const std::function<bool()>&) {
    played_.sleep_for(length);
    return busy;
  });
  conduct_.deadline = played_.now() + std::chrono::seconds(35);
  bench_.looks = 0;
  const auto late = conduct_played();
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->out_of_time);
  EXPECT_EQ(bench_.looks, 2) << "5 s were left";
}

TEST_F(ExperimentTest, ARunOfAnEarlierStoreGoesOnWithHistograms) {
  const std::string name = "20261127-023507-3ea3";
  record::make_store_of_format_1(folder_ / "earlier.db");
  store_.emplace(record::Store::open(folder_ / "earlier.db").value());
  run_ = store_->read(name).value();
  conduct_.rule.blocks = 3;
  PlayedBench bench([](const record::Cell& cell, const plan::Place& place) {
    auto trial = good(cell, place);
    trial->histograms = {.response = "r", .service = "s", .issue_delay = "i"};
    return trial;
  });
  ASSERT_TRUE(conduct_with(bench));
  ASSERT_FALSE(bench.asked.empty());
  EXPECT_EQ(bench.asked.front(), "flask-gunicorn3") << "the rest of its third block";
  const auto run = store_->read(name);
  ASSERT_TRUE(run) << run.error().what;
  EXPECT_EQ(run->trials.size(), 5 + bench.asked.size());
  EXPECT_FALSE(*store_->histograms(name, 5));
  EXPECT_EQ((*store_->histograms(name, 6))->service, "s");
}

}  // namespace
}  // namespace unrig::experiment
