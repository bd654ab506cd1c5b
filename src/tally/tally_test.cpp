#include "tally/tally.h"

#include <gtest/gtest.h>

namespace unrig::tally {
namespace {

std::uint64_t& failed_by(Counts& counts, Failure failure) {
  return counts.failed_by[static_cast<std::size_t>(failure)];
}

TEST(Counts, AddUpWhereEveryRequestEndsInOneClass) {
  Counts counts{.scheduled = 10, .issued = 9, .dropped = 1, .completed = 5, .unfinished = 1};
  failed_by(counts, Failure::timeout) = 2;
  failed_by(counts, Failure::reset) = 1;
  EXPECT_EQ(counts.failed(), 3u);
  EXPECT_TRUE(counts.adds_up());
  ++counts.dropped;
  EXPECT_FALSE(counts.adds_up()) << "one more than was scheduled";
  ++counts.scheduled;
  EXPECT_TRUE(counts.adds_up());
  ++counts.completed;
  EXPECT_FALSE(counts.adds_up()) << "one more than was issued";
}

TEST(Counts, OfTwoThreadsAreTheirSum) {
  Counts into{.scheduled = 3, .issued = 2, .dropped = 1, .completed = 1, .unfinished = 1};
  Counts from{.scheduled = 50, .issued = 40, .dropped = 10, .completed = 20, .unfinished = 10};
  failed_by(from, Failure::stale) = 10;
  add(into, from);
  EXPECT_EQ(into.scheduled, 53u);
  EXPECT_EQ(into.issued, 42u);
  EXPECT_EQ(into.dropped, 11u);
  EXPECT_EQ(into.completed, 21u);
  EXPECT_EQ(into.unfinished, 11u);
  EXPECT_EQ(failed_by(into, Failure::stale), 10u);
}

TEST(Causes, TheMostFrequentComesFirst) {
  Counts counts;
  EXPECT_EQ(causes(counts), "");
  failed_by(counts, Failure::timeout) = 3;
  failed_by(counts, Failure::closed_early) = 200;
  EXPECT_EQ(causes(counts), "200 closed_early, 3 timeout");
}

TEST(Stretch, TheMeanIsOfAllRequests) {
  Stretch into{.completed = 1, .mean_response_us = 100};
  add(into, {.completed = 3, .mean_response_us = 500});
  EXPECT_EQ(into.completed, 4u);
  EXPECT_DOUBLE_EQ(into.mean_response_us, 400);
  Stretch none;
  add(none, {});
  EXPECT_EQ(none.completed, 0u);
  EXPECT_DOUBLE_EQ(none.mean_response_us, 0) << "of nothing, not NaN";
}

TEST(Stretch, TenStepsAreASecondAndTheLastMayBeShorter) {
  const auto seconds = by_second(std::vector<Stretch>(21, {.completed = 2, .mean_response_us = 7}));
  ASSERT_EQ(seconds.size(), 3u);
  EXPECT_EQ(seconds[0].completed, 20u);
  EXPECT_EQ(seconds[2].completed, 2u);
  EXPECT_DOUBLE_EQ(seconds[1].mean_response_us, 7);
}

TEST(Generator, OneThreadThatCouldNotTellLeavesTheWaitUnknown) {
  Generator into{.cpu = std::chrono::seconds(1), .threads = 1, .queue_wait = Duration{5}};
  add(into, {.cpu = std::chrono::seconds(2), .threads = 1, .queue_wait = Duration{7}});
  EXPECT_EQ(into.cpu, std::chrono::seconds(3));
  EXPECT_EQ(into.threads, 2);
  EXPECT_EQ(into.queue_wait, Duration{12});
  add(into, {.threads = 1});
  EXPECT_EQ(into.queue_wait, std::nullopt);
}

TEST(Generator, AQuotaIsOfTheWholeProcessAndNotSummed) {
  Generator into{.throttling = host::Throttling{.periods = 2, .held = Duration{20}}};
  add(into, {.throttling = host::Throttling{.periods = 3, .held = Duration{30}}});
  ASSERT_TRUE(into.throttling);
  EXPECT_EQ(into.throttling->held, Duration{30});
  add(into, {});
  EXPECT_EQ(into.throttling->periods, 3u);
}

}  // namespace
}  // namespace unrig::tally
