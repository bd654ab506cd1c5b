#include "campaign/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/played_clock.h"

namespace unrig::campaign {
namespace {

using namespace std::chrono_literals;
using scenario::Concurrency;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Serves 100 requests/s per worker up to 28 workers; every trial takes two seconds of the clock.
class PlayedSite final : public Site, public plan::Bench {
 public:
  explicit PlayedSite(PlayedClock& clock) : clock_(clock) {}
  Result<> prepare(record::Manifest& manifest, experiment::Watcher&,
                   const std::stop_token&) override {
    for (auto& cell : manifest.cells) cell.failure = failure;
    manifest.versions = {{"played", version}};
    return {};
  }
  Result<> inspect(record::Manifest&, experiment::Watcher&) override {
    ADD_FAILURE() << "a search does not look at claims";
    return {};
  }
  plan::Bench& bench() override { return *this; }
  Result<record::Trial> run(const record::Cell& cell, const plan::Phases&, const plan::Place& place,
                            std::stop_token) override {
    clock_.sleep_for(2s);
    ++trials;
    record::Trial trial{.label = cell.label, .stack = cell.stack, .block = place.block};
    trial.throughput_per_s = 100.0 * std::min(28, cell.workers);
    if (taken > 0 && trials <= taken_for) {
      trial.disturbance.foreign = taken;
      trial.verdict.reject("others were busy");
      trial.verdict.disturbed = true;
    }
    return trial;
  }
  record::Disturbance look(Duration, const std::function<bool()>&) override { return {}; }

  std::string version = "1", failure;
  double taken = 0;           // by others, of the CPU time
  int taken_for = 1'000'000;  // trials
  int trials = 0;

 private:
  PlayedClock& clock_;
};

class Told : public experiment::Watcher {
 public:
  void trial_begins(const record::Cell&, const plan::Place&, Duration) override { ++trials; }
  void trial_ended(const record::Cell&, const record::Trial&) override { ++trials; }
  void cell_failed(const record::Cell&, const Error&) override { ++trials; }
  void wait_begins(const record::Run&, int, Duration) override {}
  void waits(const record::Disturbance&, Duration) override {}
  void wait_ended(bool, Duration) override {}
  void say(const std::string& line) override { lines.push_back(line); }
  std::vector<std::string> lines;
  int trials = 0;
};

class SearchTest : public ::testing::Test {
 protected:
  SearchTest()
      : specs_(3),
        folder_(std::filesystem::temp_directory_path() /
                ("unrig_search_test_" + std::to_string(::getpid()))) {
    specs_[0].name = "flask-gunicorn";
    specs_[1].name = "starlette-uvicorn";
    specs_[1].concurrency = Concurrency::async_coroutine;
    specs_[2].name = "flask-gevent";
    specs_[2].concurrency = Concurrency::async_greenlet;
    for (auto& spec : specs_) spec.vintages = {{.name = "2020"}, {.name = "2026"}};
    std::filesystem::create_directory(folder_);
    store_.emplace(record::Store::open(folder_ / "unrig.db").value());
  }
  ~SearchTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::vector<record::Cell> cells(std::vector<std::string> stacks,
                                                std::vector<std::string> vary = {}) const {
    Asked asked;
    asked.stacks = std::move(stacks);
    asked.vary = std::move(vary);
    asked.vintage = "2026";
    return choose(asked, specs_, scenario_, usable_).value().cells;
  }
  [[nodiscard]] std::vector<Sought> sought_for(const std::vector<record::Cell>& of) const {
    return sought(of, scenario_, specs_, usual_);
  }
  [[nodiscard]] Task task(Task how = {.seed = 7}) const {
    return search_task({.stack = "flask-gunicorn@2026"}, scenario_, specs_, usable_, std::move(how))
        .value();
  }
  record::Tuned find(bool anew = false) {
    clock_.sleep_for(60s);  // no two runs of one second
    auto found = find_workers(task({.seed = ++seed_}), anew, site_, *store_, told_, stop_, clock_);
    EXPECT_TRUE(found) << found.error().what;
    return found.value_or(record::Tuned{});
  }

  std::vector<stack::StackSpec> specs_;
  scenario::Scenario scenario_;
  std::vector<int> usable_{0, 1};
  std::vector<std::string> usual_{"flask-gunicorn", "flask-gevent"};
  std::filesystem::path folder_;
  std::optional<record::Store> store_;
  PlayedClock clock_;
  PlayedSite site_{clock_};
  Told told_;
  experiment::Stop stop_;
  std::uint64_t seed_ = 1;
};

TEST_F(SearchTest, OneNumberForEachModelWhateverTheRunMeasures) {
  const Sought sync{.stack = "flask-gunicorn@2026"};
  const Sought async{.concurrency = Concurrency::async_coroutine, .stack = "flask-gevent@2026"};
  EXPECT_THAT(sought_for(cells({"starlette-uvicorn", "flask-gunicorn", "flask-gevent"})),
              ElementsAre(async, sync));
  EXPECT_THAT(sought_for(cells({"flask-gunicorn"})), ElementsAre(sync));
  usual_.clear();
  EXPECT_EQ(sought_for(cells({"starlette-uvicorn", "flask-gevent"})).at(0).stack,
            "starlette-uvicorn@2026");
}

TEST_F(SearchTest, OneForEachStackWhereTheScenarioSaysSo) {
  scenario_.workers_tuned_by = scenario::TunedBy::stack;
  const auto found = sought_for(cells({"starlette-uvicorn", "flask-gevent"}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].stack, "flask-gevent@2026");
  EXPECT_TRUE(found[1].of_stack);
}

TEST_F(SearchTest, NumbersThatAreGivenAreNotSought) {
  EXPECT_THAT(sought_for(cells({"flask-gunicorn"}, {"workers.sync=4,8"})), IsEmpty());
  scenario_.workers_of["flask-gunicorn"] = {.fixed = 14};
  EXPECT_THAT(sought_for(cells({"flask-gunicorn"})), IsEmpty());
  scenario_.workers_sync = {.count = {.fixed = 3}};
  scenario_.clients = {.per_sync_worker = 1};
  EXPECT_EQ(sought_for(cells({"starlette-uvicorn"})).size(), 1u);
  scenario_.workers_sync = {.tuned = true};
  EXPECT_EQ(sought_for(cells({"starlette-uvicorn"})).size(), 2u) << "clients follow sync workers";
}

TEST_F(SearchTest, TriesDoublingNumbersInShortTrials) {
  const auto search = task();
  std::vector<int> numbers;
  for (const auto& cell : search.cells) numbers.push_back(cell.workers);
  EXPECT_THAT(numbers, ElementsAre(2, 4, 7, 14, 28, 56, 100));
  EXPECT_EQ(search.baseline, "flask-gunicorn workers=7") << "the rule of thumb";
  EXPECT_TRUE(search.search);
  EXPECT_LE(search.phases.warmup + search.phases.duration, 1s);
  scenario_.clients = {.fixed = 4};
  EXPECT_EQ(task().baseline, "flask-gunicorn workers=4") << "or the most";
}

TEST_F(SearchTest, FindsTheFewestOfTheBestAndStoresIt) {
  const auto found = find();
  EXPECT_EQ(found.workers, 28);
  EXPECT_EQ(found.how, "searched");
  EXPECT_EQ(found.knob, "workers.sync");
  const auto stored = store_->read(found.run);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->manifest.search);
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("56 2800/s, 100 2800/s: 28 (searched with")));
  EXPECT_EQ(told_.trials, 0) << "its trials are not those of the run";
  const int trials = site_.trials;
  EXPECT_EQ(trials, 7 + 3 * 3);
  const auto again = find();
  EXPECT_EQ(again.workers, 28);
  EXPECT_EQ(again.how, "stored");
  EXPECT_EQ(again.run, found.run);
  EXPECT_EQ(site_.trials, trials) << "nothing was measured";
  EXPECT_EQ(find(true).how, "searched") << "--retune";
}

TEST_F(SearchTest, OtherVersionsOrKnobsAreSearchedAnew) {
  find();
  site_.version = "2";
  EXPECT_EQ(find().how, "searched");
  scenario_.db_delay = 40ms;
  EXPECT_EQ(find().how, "searched");
  EXPECT_EQ(find().how, "stored");
}

TEST_F(SearchTest, OneThatIsSpoiledSaysSoAndTakesTheStoredNumberOrTheRuleOfThumb) {
  site_.taken = 0.5;
  const auto thumb = find();
  EXPECT_EQ(thumb.workers, 7);
  EXPECT_EQ(thumb.how, "rule of thumb");
  EXPECT_THAT(thumb.note, HasSubstr("spoiled: no trial counts: others were busy"));
  EXPECT_THAT(told_.lines.back(), HasSubstr("spoiled"));
  site_.taken = 0;
  EXPECT_EQ(find().how, "searched") << "a spoiled one is no number";
  site_.taken = 0.5;
  site_.version = "2";
  const auto stored = find();
  EXPECT_EQ(stored.workers, 28);
  EXPECT_EQ(stored.how, "stored");
  EXPECT_THAT(stored.note, HasSubstr("spoiled"));
}

TEST_F(SearchTest, OneThatOthersSpoilIsMadeOnceMore) {
  site_.taken = 0.5;
  site_.taken_for = 19;  // all for which a search has the time
  const auto found = find();
  EXPECT_EQ(found.workers, 28);
  EXPECT_EQ(found.how, "searched");
  EXPECT_EQ(site_.trials, 19 + 7 + 3 * 3);
  ASSERT_EQ(told_.lines.size(), 2U);
  EXPECT_THAT(told_.lines[0], HasSubstr("others were busy: looking once more"));
  EXPECT_TRUE(store_->read(found.run)) << "a run of its own";
}

TEST_F(SearchTest, ALittleThatOthersTakeSpoilsNothing) {
  site_.taken = 0.08;
  EXPECT_EQ(find().workers, 28);
  EXPECT_EQ(find(true).how, "searched");
}

TEST_F(SearchTest, AStackThatDoesNotRunSpoilsIt) {
  site_.failure = "no compiler";
  const auto found = find();
  EXPECT_EQ(found.how, "rule of thumb");
  EXPECT_THAT(found.note, HasSubstr("no compiler"));
  EXPECT_EQ(told_.lines.size(), 1U) << "another search would end in the same way";
}

TEST_F(SearchTest, AnInterruptEndsMoreThanTheSearch) {
  stop_.finish = true;
  const auto found = find_workers(task(), false, site_, *store_, told_, stop_, clock_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::interrupted);
}

TEST_F(SearchTest, TheNumberIsUsedForAModelOrAStack) {
  use({.stack = "flask-gunicorn@2026"}, {.workers = 28}, scenario_);
  EXPECT_EQ(scenario_.workers("any", Concurrency::threads, 2), 28);
  use({.concurrency = Concurrency::async_greenlet, .stack = "flask-gevent@2026", .of_stack = true},
      {.workers = 3}, scenario_);
  EXPECT_EQ(scenario_.workers("flask-gevent", Concurrency::async_greenlet, 2), 3);
  EXPECT_TRUE(scenario_.workers_async.tuned) << "of the others";
}

}  // namespace
}  // namespace unrig::campaign
