#include "trial/outcome.h"

#include <gtest/gtest.h>

#include "stats/hlog.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

TEST(TrialOutcome, HandsOverAllTimesNotOnlyTheirQuantiles) {
  load::Outcome outcome;
  outcome.response.record(30ms, 3);
  outcome.service.record(20ms, 2);
  outcome.issue_delay.record(10us, 1);
  record::Trial trial;
  fill(trial, outcome, {});
  ASSERT_TRUE(trial.histograms);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->response)->count(), 3U);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->service)->count(), 2U);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->issue_delay)->count(), 1U);
}

}  // namespace
}  // namespace unrig::trial
