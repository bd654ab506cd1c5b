#include "stats/survival.h"

#include <gtest/gtest.h>

#include "stats/coarse.h"
#include "stats/omission.h"

namespace unrig::stats {
namespace {

using namespace std::chrono_literals;

void expect_near(Duration value, Duration truth, double share = 0.001) {
  EXPECT_NEAR(seconds(value), seconds(truth), seconds(truth) * share);
}

TEST(Survival, WithAllEndedItIsTheHistogram) {
  Histogram ended;
  for (int ms = 1; ms <= 100; ++ms) ended.record(ms * 1ms);
  const Histogram none;
  const Survival times(ended, none);
  EXPECT_EQ(times.quantile(0.9).value, ended.quantile(0.9));
  EXPECT_FALSE(times.quantile(0.99).at_least);
  EXPECT_FALSE(times.max().at_least);
  EXPECT_DOUBLE_EQ(times.least_mean_ns(), ended.mean_ns());
}

TEST(Survival, BeyondTheShareThatEndedNothingIsKnown) {
  Histogram ended;
  Histogram unended;
  ended.record(150ms, 90);
  unended.record(900ms, 6);
  unended.record(2s, 4);
  const Survival times(ended, unended);
  expect_near(times.quantile(0.90).value, 150ms);
  EXPECT_FALSE(times.quantile(0.90).at_least);
  EXPECT_TRUE(times.quantile(0.91).at_least);
  expect_near(times.quantile(0.91).value, 2s);
  EXPECT_TRUE(times.max().at_least);
  EXPECT_NEAR(times.least_mean_ns(), (90 * 150e6 + 6 * 900e6 + 4 * 2e9) / 100, 1e6);
}

TEST(Survival, WhoHasOnlyBegunSaysNothing) {
  // Of 6 + 4 the four were seen for 1 ms only: after it there are six, of which three end at 5 ms.
  Histogram ended;
  Histogram unended;
  ended.record(5ms, 3);
  ended.record(9ms, 3);
  unended.record(1ms, 4);
  const Survival times(ended, unended);
  expect_near(times.quantile(0.50).value, 5ms);
  expect_near(times.quantile(0.51).value, 9ms);
  EXPECT_FALSE(times.quantile(0.99).at_least);
  EXPECT_FALSE(times.max().at_least);
}

TEST(Omission, AddsWhatWasNotAsked) {
  Histogram times;
  times.record(1ms, 1000);
  times.record(100ms);
  const Histogram all = with_omitted(times, 10ms);
  EXPECT_EQ(all.count(), 1001u + 9u);  // 90, 80, … 10 ms
  expect_near(all.quantile(1 - 0.5 / 1010), 100ms);
  expect_near(all.quantile(1 - 1.5 / 1010), 90ms);
  EXPECT_EQ(with_omitted(times, Duration{0}).count(), 1001u);
}

TEST(Omission, OfALongWaitSeveralAreOne) {
  // 1 s asked every 10 us: 99,999 omitted ones, put together by tens.
  Histogram times;
  times.record(1s);
  const Histogram all = with_omitted(times, 10us);
  EXPECT_EQ(all.count(), 100'000u);
  expect_near(all.quantile(0.5), 500ms);
  expect_near(all.quantile(0.01), 10ms, 0.02);
  EXPECT_EQ(all.max(), 1s);
  EXPECT_EQ(with_omitted(times, 100us).count(), 10'000u);
}

TEST(Omission, AStallOfAClosedLoopHasItsTrueP99) {
  // One client, 1 ms a request, a stall of 1 s in 10 s: P99 is 900 ms (docs/load.md).
  Histogram times;
  times.record(1ms, 9000);
  times.record(1s);
  EXPECT_LE(times.quantile(0.999), 1001us);
  expect_near(with_omitted(times, 1ms).quantile(0.99), 900ms, 0.002);
}

TEST(CoarseHistogram, QuantilesToTwoPercent) {
  CoarseHistogram histogram;
  for (int us = 1; us <= 1000; ++us) histogram.record(us * 1us);
  CoarseCounts counts = histogram.take();
  EXPECT_EQ(counts.count(), 1000u);
  EXPECT_EQ(histogram.take().count(), 0u);
  expect_near(counts.quantile(0.5), 500us, 0.02);
  expect_near(counts.quantile(0.99), 990us, 0.02);
  for (int i = 0; i < 3000; ++i) histogram.record(2s);
  histogram.record(24h);  // counts as the longest
  counts.merge(histogram.take());
  EXPECT_EQ(counts.count(), 4001u);
  expect_near(counts.quantile(0.5), 2s, 0.02);
  expect_near(counts.quantile(0.2), 800us, 0.02);
  EXPECT_EQ(CoarseCounts{}.quantile(0.5), 0ns);
}

TEST(CoarseHistogram, QuantilesAtTheirEdges) {
  // Below 64 ns each value has a slot of its own, from there on two share one: 64 and 65.
  CoarseHistogram histogram;
  for (const int ns : {1, 2, 3, 65}) histogram.record(ns * 1ns);
  histogram.record(-5ns);  // counts as 0
  const CoarseCounts counts = histogram.take();
  EXPECT_EQ(counts.quantile(0), 0ns);
  EXPECT_EQ(counts.quantile(0.2), 0ns);
  EXPECT_EQ(counts.quantile(0.21), 1ns);
  EXPECT_EQ(counts.quantile(0.4), 1ns);
  EXPECT_EQ(counts.quantile(0.6), 2ns);
  EXPECT_EQ(counts.quantile(0.8), 3ns);
  EXPECT_EQ(counts.quantile(1), 65ns);
}

TEST(CoarseHistogram, MergesSlotBySlot) {
  const auto of = [](std::initializer_list<int> values) {
    CoarseHistogram histogram;
    for (const int ns : values) histogram.record(ns * 1ns);
    return histogram.take();
  };
  CoarseCounts counts = of({2, 4, 4});
  counts.merge(of({1, 4, 9}));
  EXPECT_EQ(counts.count(), 6u);
  EXPECT_EQ(counts.quantile(1.0 / 6), 1ns);
  EXPECT_EQ(counts.quantile(2.0 / 6), 2ns);
  EXPECT_EQ(counts.quantile(3.0 / 6), 4ns);
  EXPECT_EQ(counts.quantile(5.0 / 6), 4ns);
  EXPECT_EQ(counts.quantile(1), 9ns);
}

TEST(CoarseHistogram, SlotsAreInOrder) {
  for (std::size_t slot = 1; slot < CoarseHistogram::slot_count; ++slot) {
    const auto low = static_cast<std::int64_t>(CoarseHistogram::lowest_of(slot));
    ASSERT_EQ(CoarseHistogram::slot_of(Duration{low}), slot);
    ASSERT_EQ(CoarseHistogram::slot_of(Duration{low - 1}), slot - 1);
  }
}

}  // namespace
}  // namespace unrig::stats
