#include "report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/played_clock.h"

namespace unrig::report {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() : out_(::open_memstream(&text_, &size_)) {}
  ~ProgressTest() override {
    std::fclose(out_);
    std::free(text_);
  }
  /// Everything since the last call.
  std::string told() {
    std::fflush(out_);
    std::string text(text_ + seen_, size_ - seen_);
    seen_ = size_;
    return text;
  }

  PlayedClock clock_;
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t seen_ = 0;
  std::FILE* out_;
};

TEST_F(ProgressTest, WorkInAPipeIsToldAtOnceEveryTenSecondsAndWhenAPartEnds) {
  Progress progress(out_, Progress::Style::plain, clock_, 1);
  progress.work("environments", 0, 3, "wsgi of 2026: creating");
  EXPECT_EQ(told(), "environments: 3 to make; wsgi of 2026: creating\n");
  for (int i = 0; i < 99; ++i) {
    clock_.sleep_for(100ms);
    progress.work("environments", 0, 3, "wsgi of 2026: installing");
  }
  EXPECT_EQ(told(), "") << "9.9 s";
  clock_.sleep_for(100ms);
  progress.work("environments", 0, 3, "wsgi of 2026: installing");
  EXPECT_EQ(told(), "environments: 0 of 3 done after 10 s; wsgi of 2026: installing\n");
  clock_.sleep_for(1s);
  progress.work("environments", 1, 3, "");
  EXPECT_EQ(told(), "environments: 1 of 3 done after 11 s\n");
  clock_.sleep_for(5s);
  progress.work("environments", 3, 3, "");
  EXPECT_EQ(told(), "environments: 3 of 3 done after 16 s\n");
}

TEST_F(ProgressTest, ATerminalIsRedrawnTenTimesASecondAtMost) {
  Progress progress(out_, Progress::Style::redrawn, clock_, 1);
  progress.work("environments", 0, 2, "");
  told();
  for (int i = 0; i < 1000; ++i) {  // one second
    clock_.sleep_for(1ms);
    progress.work("environments", 0, 2, "x");
  }
  const std::string drawn = told();
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 'x'), 10);
  EXPECT_THAT(drawn, Not(HasSubstr("\n")));
}

TEST_F(ProgressTest, WhatPassesIsSaidInAPipeAfterTenSilentSeconds) {
  Progress progress(out_, Progress::Style::plain, clock_, 1);
  progress.say("begins");
  clock_.sleep_for(9s);
  progress.passing("looking at a");
  EXPECT_EQ(told(), "begins\n");
  clock_.sleep_for(1s);
  progress.passing("looking at b");
  EXPECT_EQ(told(), "looking at b\n");
}

TEST_F(ProgressTest, ATrialLongerThanTenSecondsIsAnnouncedInAPipe) {
  Progress progress(out_, Progress::Style::plain, clock_, 3);
  const record::Cell cell{.label = "a"};
  progress.trial_begins(cell, {.block = 1}, 9s);
  EXPECT_EQ(told(), "") << "its end is soon enough";
  progress.trial_begins(cell, {.block = 1}, 62s);
  EXPECT_EQ(told(), "trial 1 of 3, at least 3m 06s left: block 1, a, 1m 02s\n");
}

TEST_F(ProgressTest, APercentileThatATrialLacksIsADash) {
  Progress progress(out_, Progress::Style::plain, clock_, 1);
  record::Trial trial{.block = 1};
  trial.response_us = {.p50 = 1000};
  progress.trial_ended({.label = "a"}, trial);
  EXPECT_THAT(told(), HasSubstr("P50     1 ms  P99        -"));
  trial.response_us.p99 = 2000;
  progress.trial_ended({.label = "a"}, trial);
  EXPECT_THAT(told(), HasSubstr("P99     2 ms"));
}

TEST_F(ProgressTest, TheTimeThatIsLeftIsThatOfTheWholePlan) {
  Progress progress(out_, Progress::Style::redrawn, clock_, 4);
  const record::Cell cell{.label = "a"};
  progress.trial_begins(cell, {.block = 1}, 5s);
  EXPECT_THAT(told(), HasSubstr("trial 1 of 4, at least 20 s left: block 1, a, 5.0 s"));
  clock_.sleep_for(8s);
  progress.trial_ended(cell, {.block = 1});
  progress.trial_begins(cell, {.block = 2}, 5s);
  EXPECT_THAT(told(), HasSubstr("trial 2 of 4, about 24 s left: block 2, a, 5.0 s"));
}

TEST_F(ProgressTest, QuietIsQuiet) {
  Progress progress(out_, Progress::Style::quiet, clock_, 1);
  progress.work("environments", 0, 2, "");
  clock_.sleep_for(20s);
  progress.work("environments", 1, 2, "");
  progress.passing("looking at a");
  EXPECT_EQ(told(), "");
}

}  // namespace
}  // namespace unrig::report
