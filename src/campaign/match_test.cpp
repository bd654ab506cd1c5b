#include "campaign/match.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "base/played_clock.h"

namespace unrig::campaign {
namespace {

TEST(Target, IsAStackAndARate) {
  EXPECT_EQ(target_from("falcon-meinheld@2020=1046/s"),
            (Target{"falcon-meinheld@2020", Rate{1046}}));
  for (const char* wrong : {"falcon-meinheld", "=1046/s", "a=", "a=1046", "a=-3/s", "a=fast"}) {
    const auto refused = target_from(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_EQ(refused.error().help, "write it like --match falcon-meinheld=1046/s");
  }
}

/// Plays to the end: what is served with so many CPUs, the n-th trial. Trials that it took.
int play(Bisection& bisection, const std::function<double(double cpus, int trial)>& served) {
  int trials = 0;
  while (const auto cpus = bisection.next()) {
    if (trials == 60) break;
    bisection.add(served(*cpus, trials++));
  }
  return trials;
}

/// Off by +2 %, 0 and -2 % in turn.
double noise(int trial) {
  return 1 + 0.02 * (1 - trial % 3);
}

TEST(Bisection, FindsWhereTheRateIsServed) {
  // In proportion up to what 28 workers serve.
  Bisection bisection(1000, 0.1, 4);
  const int trials = play(bisection, [](double cpus, int trial) {
    return noise(trial) * std::min(1500.0, 700 * cpus);
  });
  EXPECT_LE(trials, 20);
  EXPECT_NEAR(bisection.closest().cpus, 1000.0 / 700, 0.03);
  EXPECT_FALSE(bisection.is_too_slow());
  const auto served = bisection.closest().served();
  ASSERT_TRUE(served.low);
  EXPECT_LE(*served.low, 1000);
  EXPECT_GE(*served.high, 1000);
}

TEST(Bisection, FindsItWhereTheCurveIsNoLine) {
  Bisection bisection(400, 0.1, 2);
  const int trials = play(bisection, [](double cpus, int) { return 600 * cpus * cpus; });
  EXPECT_LE(trials, 30);
  EXPECT_NEAR(bisection.closest().cpus, std::sqrt(400.0 / 600), 0.03);
}

TEST(Bisection, TheWholeMachineMayBeTheAnswerOrTooSlow) {
  Bisection exact(1000, 0.1, 2);
  EXPECT_EQ(play(exact, [](double, int trial) { return 1000 * noise(trial); }), 3);
  EXPECT_EQ(exact.closest().cpus, 2);
  EXPECT_FALSE(exact.is_too_slow());

  Bisection slow(1000, 0.1, 2);
  EXPECT_EQ(play(slow, [](double, int trial) { return 800 * noise(trial); }), 3);
  EXPECT_TRUE(slow.is_too_slow());

  Bisection nearly(1000, 0.1, 2);
  EXPECT_EQ(play(nearly, [](double, int trial) { return 950 * noise(trial); }), 3);
  EXPECT_TRUE(nearly.is_too_slow());
}

TEST(Bisection, OneSlowMomentDoesNotMakeTheWholeMachineTooSlow) {
  Bisection bisection(1000, 0.1, 2);
  const int trials =
      play(bisection, [](double, int trial) { return trial == 0 ? 579 : 990 * noise(trial); });
  EXPECT_EQ(trials, 3);
  EXPECT_FALSE(bisection.is_too_slow());
  EXPECT_EQ(bisection.closest().cpus, 2);
}

TEST(Bisection, EndsAlsoWhereTheRateIsJumpedOver) {
  Bisection bisection(1000, 0.1, 2);
  const int trials = play(bisection, [](double cpus, int) { return cpus < 0.8 ? 500.0 : 1500.0; });
  EXPECT_LT(trials, 60);
  EXPECT_NEAR(bisection.closest().cpus, 0.8, 0.05);
}

/// Serves 700 requests/s with each CPU that a cell is given; every trial takes 3 s of the clock.
class PlayedMachine final : public Site, public plan::Bench, public experiment::Watcher {
 public:
  explicit PlayedMachine(PlayedClock& clock) : clock_(clock) {}
  Result<> prepare(record::Manifest&, experiment::Watcher&, const std::stop_token&) override {
    return {};
  }
  plan::Bench& bench() override { return *this; }
  Result<record::Trial> run(const record::Cell& cell, const plan::Phases&, const plan::Place& place,
                            std::stop_token) override {
    clock_.sleep_for(std::chrono::seconds(3));
    record::Trial trial{.label = cell.label, .stack = cell.stack, .block = place.block};
    trial.throughput_per_s =
        700 * std::stod(cell.knobs.back().second) * noise(static_cast<int>(++trials));
    if (is_noisy) trial.verdict.reject("others were busy");
    return trial;
  }
  record::Disturbance look(Duration, const std::function<bool()>&) override { return {}; }

  void trial_begins(const record::Cell&, const plan::Place&, Duration) override {}
  void trial_ended(const record::Cell&, const record::Trial&) override {}
  void cell_failed(const record::Cell&, const Error&) override {}
  void wait_begins(const record::Run&, int, Duration) override {}
  void waits(const record::Disturbance&, Duration) override {}
  void wait_ended(bool, Duration) override {}
  void say(const std::string& line) override { told = line; }

  bool is_noisy = false;
  std::size_t trials = 0;
  std::string told;

 private:
  PlayedClock& clock_;
};

class MatchTest : public ::testing::Test {
 protected:
  MatchTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("unrig_match_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
    store_.emplace(record::Store::open(folder_ / "unrig.db").value());
  }
  ~MatchTest() override { std::filesystem::remove_all(folder_); }
  Result<record::Matched> found(double rate) {
    const record::Cell cell{.stack = "a", .workers = 6, .label = "a"};
    return match(match_task(cell, {}, {.seed = 7}), {"a", Rate{rate}}, 2, machine_, *store_,
                 machine_, stop_, clock_);
  }
  std::filesystem::path folder_;
  std::optional<record::Store> store_;
  PlayedClock clock_;
  PlayedMachine machine_{clock_};
  experiment::Stop stop_;
};

TEST_F(MatchTest, FindsTheCpuTimeTellsAndStoresIt) {
  const Instant begun = clock_.now();
  const auto matched = found(700);
  ASSERT_TRUE(matched) << matched.error().what;
  EXPECT_NEAR(matched->cpus, 1, 0.03);
  ASSERT_TRUE(matched->low_per_s);
  EXPECT_LE(*matched->low_per_s, 700);
  EXPECT_LE(clock_.now() - begun, std::chrono::seconds(90));
  EXPECT_EQ(machine_.told.find("machine.cpu "), 0u) << machine_.told;
  const auto stored = store_->read(matched->run);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->manifest.search);
  EXPECT_EQ(stored->trials.size(), machine_.trials);
  EXPECT_EQ(stored->manifest.cells.front().label, "a machine.cpu=2") << "all of it first";
}

TEST_F(MatchTest, SaysWhereTheWholeMachineIsTooSlow) {
  const auto slow = found(3000);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, ErrorKind::environment);
  EXPECT_NE(slow.error().what.find("1400/s with the whole machine, 3000/s were to be matched"),
            std::string::npos)
      << slow.error().what;
}

TEST_F(MatchTest, GivesUpWhereNoTrialCounts) {
  machine_.is_noisy = true;
  const auto lost = found(700);
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().what.find("others were busy"), std::string::npos) << lost.error().what;
  EXPECT_LE(machine_.trials, 5u);
}

TEST_F(MatchTest, AnInterruptEndsIt) {
  stop_.finish = true;
  EXPECT_EQ(found(700).error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace unrig::campaign
