#include "stats/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

namespace unrig::stats {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, OfNothingIsZeroAndNotNan) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.mean_ns(), 0);
  EXPECT_EQ(histogram.standard_deviation_ns(), 0);
  EXPECT_EQ(histogram.quantile(0.5), 0ns);
}

TEST(Histogram, SlotsAreContiguousAndCoverOneHour) {
  std::int64_t next = 0;
  std::size_t slot = 0;
  for (; next <= Duration(1h).count(); ++slot) {
    ASSERT_EQ(Histogram::lowest_of(slot), next);
    ASSERT_EQ(Histogram::slot_of(next), slot);
    ASSERT_EQ(Histogram::slot_of(Histogram::highest_of(slot)), slot);
    next = Histogram::highest_of(slot) + 1;
  }
  EXPECT_LE(slot, Histogram().counts().size());
}

// HdrHistogram's own example: 10,000 results of 1 ms, then a pause of 100 s. By hand: the mean is
// (10,000 * 1 ms + 100,000 ms) / 10,001 = 10.998 ms.
TEST(Histogram, OnePauseShowsInMaximumAndMeanOnly) {
  Histogram histogram;
  for (int i = 0; i < 10'000; ++i) histogram.record(1ms);
  histogram.record(100s);
  EXPECT_EQ(histogram.count(), 10'001U);
  EXPECT_EQ(histogram.min(), 1ms);
  EXPECT_EQ(histogram.max(), 100s);
  EXPECT_NEAR(microseconds(histogram.quantile(0.5)), 1000, 1);
  EXPECT_NEAR(microseconds(histogram.quantile(0.99)), 1000, 1);
  EXPECT_NEAR(microseconds(histogram.quantile(0.9999)), 1000, 1);
  EXPECT_EQ(histogram.quantile(0.99999), 100s);
  EXPECT_EQ(histogram.quantile(1), 100s);
  EXPECT_NEAR(histogram.mean_ns(), 10.998e6, 0.001 * 10.998e6);
  // sqrt(10,000 * 9.998^2 + 99,989.002^2) / sqrt(10,001) ms = 999.9 ms
  EXPECT_NEAR(histogram.standard_deviation_ns(), 999.9e6, 0.001 * 999.9e6);
}

TEST(Histogram, QuantilesAtTheirEdges) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(Duration(i));
  EXPECT_EQ(histogram.quantile(0), 1ns);
  EXPECT_EQ(histogram.quantile(0.001), 1ns);
  EXPECT_EQ(histogram.quantile(0.01), 1ns);
  EXPECT_EQ(histogram.quantile(0.0101), 2ns);
  // 0.07 * 100 is a little above 7 in floating point, and still means the 7th.
  EXPECT_EQ(histogram.quantile(0.07), 7ns);
  EXPECT_EQ(histogram.quantile(0.5), 50ns);
  EXPECT_EQ(histogram.quantile(0.501), 51ns);
  EXPECT_EQ(histogram.quantile(0.99), 99ns);
  EXPECT_EQ(histogram.quantile(1), 100ns);
  EXPECT_DOUBLE_EQ(histogram.mean_ns(), 50.5);
  // (100^2 - 1) / 12, square root
  EXPECT_NEAR(histogram.standard_deviation_ns(), 28.8661, 1e-4);
}

TEST(Histogram, TheLowestQuantileIsTheLowestValueAndNotItsSlots) {
  Histogram histogram;
  for (const auto value : {123'456'789ns, 123'456'790ns, 5'000'000'000ns}) histogram.record(value);
  EXPECT_EQ(histogram.quantile(0), 123'456'789ns);
}

TEST(Histogram, OneValueIsEveryQuantileExactly) {
  Histogram histogram;
  histogram.record(123'456'789ns);
  for (const double q : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(histogram.quantile(q), 123'456'789ns);
  EXPECT_EQ(histogram.min(), 123'456'789ns);
  EXPECT_EQ(histogram.max(), 123'456'789ns);
}

TEST(Histogram, ValuesOutsideTheRangeCountAtItsEnds) {
  Histogram histogram;
  histogram.record(-5ns);
  histogram.record(2h);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 1h);
  EXPECT_EQ(histogram.quantile(1), 1h);
}

TEST(Histogram, NoneOfAValueLeavesNoTrace) {
  Histogram histogram;
  histogram.record(5ms, 0);
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0ns);
}

Histogram recorded(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.record(Duration(value));
  return histogram;
}

/// Nanoseconds, as likely in one order of magnitude as in another.
rc::Gen<std::int64_t> any_value() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange(0, 42), rc::gen::inRange<std::int64_t>(0, 1 << 20)),
      [](const auto& p) {
        const std::int64_t value = p.second << p.first >> 20;
        return std::min<std::int64_t>(value, Duration(1h).count());
      });
}

RC_GTEST_PROP(Histogram, QuantileIsWithinAThousandthOfTheSortedValue, ()) {
  auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(any_value()));
  const auto index = *rc::gen::inRange<std::size_t>(0, values.size());
  const Histogram histogram = recorded(values);
  std::ranges::sort(values);
  const double q = static_cast<double>(index + 1) / static_cast<double>(values.size());
  const auto exact = static_cast<double>(values[index]);
  const auto found = static_cast<double>(histogram.quantile(q).count());
  RC_ASSERT(found >= exact);
  RC_ASSERT(found <= exact * 1.001);
}

RC_GTEST_PROP(Histogram, MergingEqualsRecordingAll, ()) {
  const auto first = *rc::gen::container<std::vector<std::int64_t>>(any_value());
  const auto second = *rc::gen::container<std::vector<std::int64_t>>(any_value());
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  Histogram merged = recorded(first);
  merged.merge(recorded(second));
  const Histogram expected = recorded(both);
  RC_ASSERT(merged.count() == expected.count());
  RC_ASSERT(merged.min() == expected.min());
  RC_ASSERT(merged.max() == expected.max());
  RC_ASSERT(std::ranges::equal(merged.counts(), expected.counts()));
}

TEST(Histogram, WhatIsAboveALimit) {
  Histogram histogram;
  histogram.record(std::chrono::microseconds(1), 5);
  histogram.record(std::chrono::milliseconds(2), 3);
  histogram.record(std::chrono::seconds(1));
  EXPECT_EQ(histogram.count_above(std::chrono::microseconds(10)), 4u);
  EXPECT_EQ(histogram.count_above(std::chrono::milliseconds(2)), 1u);
  EXPECT_EQ(histogram.count_above(std::chrono::seconds(1)), 0u);
  EXPECT_NEAR(seconds(histogram.sum_above(std::chrono::microseconds(10))), 1.006, 0.001);
  EXPECT_NEAR(seconds(histogram.sum_above(std::chrono::milliseconds(2))), 1, 0.001);
  EXPECT_EQ(histogram.sum_above(std::chrono::seconds(1)), 0s);
  EXPECT_EQ(Histogram{}.count_above(Duration{0}), 0u);
  EXPECT_EQ(Histogram{}.sum_above(Duration{0}), 0s);
}

}  // namespace
}  // namespace unrig::stats
