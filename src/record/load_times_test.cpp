#include "record/load_times.h"

#include <gtest/gtest.h>

namespace unrig::record {
namespace {

using namespace std::chrono_literals;
using Kind = Figure::Kind;

TEST(LoadTimes, QuantilesNeedTenValuesBeyondThem) {
  stats::Histogram histogram;
  histogram.record(1ms, 325);
  const Times few = times(histogram);
  EXPECT_TRUE(few.p95.known());
  EXPECT_EQ(few.p99.kind, Kind::few_values);
  EXPECT_TRUE(few.max.known());
  EXPECT_TRUE(few.mean.known());
  histogram.record(1ms, 675);
  EXPECT_TRUE(times(histogram).p99.known());
  EXPECT_EQ(times(histogram).p999.kind, Kind::few_values);
}

TEST(LoadTimes, WhatHadNoAnswerIsAmongThem) {
  stats::Histogram answered;
  stats::Histogram unanswered;
  answered.record(1ms, 900);
  unanswered.record(800ms, 100);
  const Times all = times(answered, unanswered);
  EXPECT_EQ(all.count, 1000u);
  EXPECT_TRUE(all.p90.known());
  EXPECT_EQ(all.p95.kind, Kind::at_least);
  EXPECT_NEAR(all.p99.us, 800'000, 1000);
  EXPECT_EQ(all.max.kind, Kind::at_least);
  EXPECT_EQ(all.mean.kind, Kind::at_least);
}

TEST(LoadTimes, AFewWithoutAnswerAreNotHiddenBehindADash) {
  stats::Histogram answered;
  stats::Histogram unanswered;
  answered.record(1ms, 90);
  unanswered.record(2800ms, 10);
  const Times few = times(answered, unanswered);
  EXPECT_TRUE(few.p90.known());
  EXPECT_EQ(few.p95.kind, Kind::at_least);
  EXPECT_EQ(few.p99.kind, Kind::at_least);
  EXPECT_NEAR(few.p99.us, 2'800'000, 3000);
}

TEST(Series, SecondsArePutTogether) {
  std::vector<tally::Second> series(5);
  stats::CoarseHistogram responses;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (int k = 0; k < 20; ++k) responses.record(1ms * (i + 1));
    series[i] = {
        .issued = 10 * (i + 1), .completed = 1, .failed = i, .responses = responses.take()};
  }
  const auto rows = series_rows(series, 2);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].from_s, 2);
  EXPECT_EQ(rows[1].issued, 70u);
  EXPECT_EQ(rows[1].failed, 5u);
  EXPECT_EQ(rows[2].length_s, 1);
  EXPECT_TRUE(rows[2].p50.known());
  EXPECT_NEAR(rows[2].p50.us, 5000, 100);
  EXPECT_EQ(rows[2].p90.kind, Kind::few_values);
}

}  // namespace
}  // namespace unrig::record
