#include "stats/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace unrig::stats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Stacks with the given log effects, block drift, and lognormal noise.
BlockTable simulated(std::span<const double> effects, std::size_t blocks, double noise,
                     RandomStream& random) {
  BlockTable table(effects.size(), blocks);
  for (std::size_t block = 0; block < blocks; ++block) {
    const double drift = 0.1 * random.normal();
    for (std::size_t stack = 0; stack < effects.size(); ++stack) {
      table.set(block, stack, std::exp(effects[stack] + drift + noise * random.normal()));
    }
  }
  return table;
}

// With two stacks there is one pair, and max-|t| is the t test: its interval has to come out near
// Student's, here at 4.5 % (the share of alpha that the bootstrap is asked for).
TEST(ComparePairs, OfTwoStacksIsNearStudentsT) {
  RandomStream random(11, "pairs");
  const double effects[] = {0.2, 0.0};
  const BlockTable table = simulated(effects, 40, 0.03, random);
  const std::vector<Pair> pairs = compare_pairs(table, random);
  ASSERT_EQ(pairs.size(), 1U);
  const Estimate t = ratio_interval(table.log_differences(0, 1), 1 - 0.045);
  EXPECT_NEAR(pairs[0].ratio.estimate, t.estimate, 1e-12);
  const double width = std::log(*pairs[0].ratio.high / *pairs[0].ratio.low);
  EXPECT_NEAR(width / std::log(*t.high / *t.low), 1, 0.05);
  EXPECT_TRUE(pairs[0].differs);
}

TEST(ComparePairs, FindsWhatDiffersAndNothingElse) {
  RandomStream random(12, "pairs");
  const double effects[] = {0.0, 0.0, 0.3, 0.0};
  const std::vector<Pair> pairs = compare_pairs(simulated(effects, 20, 0.03, random), random);
  ASSERT_EQ(pairs.size(), 6U);
  for (const Pair& pair : pairs) {
    EXPECT_EQ(pair.differs, pair.a == 2 || pair.b == 2) << pair.a << " " << pair.b;
    const bool holds_one = *pair.ratio.low <= 1 && *pair.ratio.high >= 1;
    EXPECT_EQ(holds_one, !pair.differs);
  }
}

TEST(ComparePairs, IntervalsWidenWithTheNumberOfPairs) {
  RandomStream random(13, "pairs");
  const std::vector<double> effects(12, 0.0);
  const BlockTable table = simulated(effects, 20, 0.03, random);
  const std::vector<Pair> pairs = compare_pairs(table, random);
  const Estimate alone = ratio_interval(table.log_differences(0, 1));
  const double widening =
      std::log(*pairs[0].ratio.high / *pairs[0].ratio.low) / std::log(*alone.high / *alone.low);
  // Bonferroni for 66 pairs: t(19) at 0.05/66 is 4.0 against 2.09.
  EXPECT_GT(widening, 1.6);
  EXPECT_LT(widening, 2.0);
}

// Ten stacks far apart, and an eleventh whose differences to the first have t = 3 by construction:
// too little among 55 pairs (Bonferroni asks t(19) for 3.9), enough once the other 54 are decided
// and it stands alone (t(19) at 4.5 % is 2.15).
TEST(ComparePairs, StepDownDecidesWhatTheIntervalLeavesOpen) {
  RandomStream random(18, "pairs");
  BlockTable table(11, 20);
  for (std::size_t block = 0; block < 20; ++block) {
    for (std::size_t stack = 0; stack < 10; ++stack) {
      const double logarithm = static_cast<double>(stack) + 0.03 * random.normal();
      table.set(block, stack, std::exp(logarithm));
    }
    const double deviation = block % 2 == 0 ? 0.01 : -0.01;
    const double error = 0.01 / std::sqrt(19.0);
    table.set(block, 10, std::exp(*table.log_at(block, 0) + 3 * error + deviation));
  }
  const std::vector<Pair> pairs = compare_pairs(table, random);
  const Pair& close = pairs[9];
  ASSERT_EQ(close.b, 10U);
  EXPECT_LT(*close.ratio.low, 1);
  EXPECT_GT(*close.ratio.high, 1);
  EXPECT_TRUE(close.differs);
}

// By hand: three blocks, three pairs.
TEST(ComparePairs, FewBlocksGetStudentsTAtTheirShareOfAlpha) {
  RandomStream random(14, "pairs");
  BlockTable table(3, 3);
  const double logs[3][3] = {{0, 1, 5}, {0, 2, 5}, {0, 3, 5}};
  for (std::size_t block = 0; block < 3; ++block) {
    for (std::size_t stack = 0; stack < 3; ++stack) {
      table.set(block, stack, std::exp(logs[block][stack]));
    }
  }
  const std::vector<Pair> pairs = compare_pairs(table, random);
  // Differences of (0, 1): -1, -2, -3; mean -2, error 1/sqrt 3; t(2) at 0.05 / 3 is 7.648.
  EXPECT_NEAR(std::log(pairs[0].ratio.low.value()), -2 - 7.648 / std::sqrt(3.0), 1e-3);
  EXPECT_FALSE(pairs[0].differs);
  // (0, 2): always -5, without any spread: a point, and a difference.
  EXPECT_NEAR(std::log(pairs[1].ratio.low.value()), -5, 1e-9);
  EXPECT_TRUE(pairs[1].differs);
}

TEST(ComparePairs, AStackThatFailedInSomeBlocksKeepsItsPairs) {
  RandomStream random(15, "pairs");
  BlockTable table(3, 14);
  for (std::size_t block = 0; block < 14; ++block) {
    table.set(block, 0, 100 * std::exp(0.02 * random.normal()));
    table.set(block, 1, 130 * std::exp(0.02 * random.normal()));
    if (block < 5) table.set(block, 2, 200 * std::exp(0.02 * random.normal()));
  }
  const std::vector<Pair> pairs = compare_pairs(table, random);
  for (const Pair& pair : pairs) EXPECT_TRUE(pair.differs) << pair.a << " " << pair.b;
  EXPECT_NEAR(pairs[1].ratio.estimate, 0.5, 0.02);
  EXPECT_TRUE(pairs[1].ratio.low);
}

/// The t that an interval was made with.
double t_used(const Pair& pair, const std::vector<double>& differences) {
  const double error =
      standard_deviation(differences) / std::sqrt(static_cast<double>(differences.size()));
  return 0.5 * std::log(*pair.ratio.high / *pair.ratio.low) / error;
}

// A stack that left after 12 of 40 blocks: its pairs get a larger t, the one that Student's
// distribution with 11 degrees of freedom exceeds as rarely as that with 39 exceeds the others'.
TEST(ComparePairs, ABlockThatOneLacksSaysNothingOfThePair) {
  RandomStream random(19, "pairs");
  const double effects[] = {0.2, 0.0};
  constexpr std::size_t common = 12;
  const BlockTable all = simulated(effects, common, 0.05, random);
  BlockTable more(2, common + 4);  // one random number has the signs of 64 blocks
  for (std::size_t block = 0; block < common; ++block) {
    for (std::size_t stack = 0; stack < 2; ++stack)
      more.set(block, stack, std::exp(*all.log_at(block, stack)));
  }
  for (std::size_t block = common; block < common + 3; ++block) more.set(block, 0, 50);
  more.set(common + 3, 1, 0.01);
  RandomStream one(3, "signs");
  RandomStream same(3, "signs");
  const Pair expected = compare_pairs(all, one).at(0);
  const Pair found = compare_pairs(more, same).at(0);
  EXPECT_NEAR(*found.ratio.low, *expected.ratio.low, 1e-9);
  EXPECT_NEAR(*found.ratio.high, *expected.ratio.high, 1e-9);
}

TEST(ComparePairs, UnequalNumbersOfBlocksGetTOfEqualTails) {
  RandomStream random(17, "pairs");
  BlockTable table(3, 40);
  for (std::size_t block = 0; block < 40; ++block) {
    for (std::size_t stack = 0; stack < 3; ++stack) {
      if (stack < 2 || block < 12) table.set(block, stack, std::exp(0.03 * random.normal()));
    }
  }
  const std::vector<Pair> pairs = compare_pairs(table, random);
  const double t_long = t_used(pairs[0], table.log_differences(0, 1));
  double low = 0.5;
  double high = 1;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (t_quantile(middle, 39) < t_long ? low : high) = middle;
  }
  const double expected = t_quantile(low, 11);
  EXPECT_GT(expected, 1.05 * t_long);
  EXPECT_NEAR(t_used(pairs[1], table.log_differences(0, 2)) / expected, 1, 0.005);
  EXPECT_NEAR(t_used(pairs[2], table.log_differences(1, 2)) / expected, 1, 0.005);
}

TEST(ComparePairs, DegenerateRows) {
  RandomStream random(16, "pairs");
  EXPECT_THAT(compare_pairs(BlockTable(0, 0), random), IsEmpty());
  EXPECT_THAT(compare_pairs(BlockTable(1, 5), random), IsEmpty());
  const std::vector<Pair> nothing = compare_pairs(BlockTable(2, 0), random);
  EXPECT_TRUE(std::isnan(nothing[0].ratio.estimate));
  EXPECT_FALSE(nothing[0].differs);

  BlockTable one(2, 1);
  one.set(0, 0, 3);
  one.set(0, 1, 1);
  const std::vector<Pair> single = compare_pairs(one, random);
  EXPECT_NEAR(single[0].ratio.estimate, 3, 1e-12);
  EXPECT_FALSE(single[0].ratio.low);
  EXPECT_FALSE(single[0].differs);

  BlockTable flat(2, 12);
  for (std::size_t block = 0; block < 12; ++block) {
    flat.set(block, 0, 7);
    flat.set(block, 1, 7);
  }
  const std::vector<Pair> same = compare_pairs(flat, random);
  EXPECT_EQ(same[0].ratio.low, 1);
  EXPECT_EQ(same[0].ratio.high, 1);
  EXPECT_FALSE(same[0].differs);
}

/// A decision without figures.
Pair decided(std::size_t a, std::size_t b, double ratio, bool differs) {
  return {.a = a, .b = b, .ratio = {.estimate = ratio}, .differs = differs};
}

// By hand: 0 is above 2; 1 cannot be told from either.
TEST(RankSets, CountWhoIsSurelyAboveAndBelow) {
  const Pair pairs[] = {decided(0, 1, 1.1, false), decided(0, 2, 1.3, true),
                        decided(1, 2, 1.2, false)};
  const std::vector<RankSet> sets = rank_sets(3, pairs);
  EXPECT_EQ(sets[0].low, 1U);
  EXPECT_EQ(sets[0].high, 2U);
  EXPECT_EQ(sets[1].low, 1U);
  EXPECT_EQ(sets[1].high, 3U);
  EXPECT_EQ(sets[2].low, 2U);
  EXPECT_EQ(sets[2].high, 3U);
}

/// Two stacks beside a base of 1, three blocks; the second one's logarithms are -0.1, 0, 0.1.
BlockTable three_beside_a_base(double counted = 0) {
  BlockTable table(3, 3);
  const double logs[] = {-0.1, 0, 0.1};
  for (std::size_t block = 0; block < 3; ++block) {
    table.set(block, 0, 2);
    table.set(block, 1, 1, counted);
    table.set(block, 2, std::exp(logs[block]));
  }
  return table;
}

// By hand: t at 2 degrees and half of 5 %, two-sided, is 6.205347 (scipy 1.17); s = 0.1.
TEST(CompareWith, HoldsForAllRowsBesideOne) {
  RandomStream random(1, "with");
  const auto pairs = compare_with(1, three_beside_a_base(), random);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].a, 0U);
  EXPECT_EQ(pairs[1].a, 2U);
  EXPECT_EQ(pairs[1].b, 1U);
  EXPECT_NEAR(pairs[0].ratio.low.value(), 2, 1e-12);
  EXPECT_NEAR(std::log(pairs[1].ratio.high.value()), 6.205347 * 0.1 / std::sqrt(3.0), 1e-6);
  const auto wider = compare_with(1, three_beside_a_base(), random, {.correlation = 0.5});
  EXPECT_GT(wider[1].ratio.high.value(), pairs[1].ratio.high.value());
}

TEST(CompareWith, CountingTakesFromDifferencesAndWidens) {
  RandomStream random(1, "with");
  const auto pairs = compare_with(1, three_beside_a_base(10), random);
  EXPECT_NEAR(pairs[0].ratio.low.value(), 1.8, 1e-12);
  EXPECT_TRUE(pairs[0].differs);
  EXPECT_FALSE(compare_with(1, three_beside_a_base(2), random)[0].differs) << "2 may be 1";
  EXPECT_FALSE(compare_with(1, three_beside_a_base(1), random)[0].ratio.low);
}

TEST(CompareWith, WhatCountingExplainsIsNoDifferenceOverManyBlocksEither) {
  const auto differs = [](double counted) {
    BlockTable table(2, 12);
    for (std::size_t block = 0; block < 12; ++block) {
      table.set(block, 0, block % 2 == 0 ? 1.11 : 1.09, counted);
      table.set(block, 1, 1, counted);
    }
    RandomStream random(1, "with");
    return compare_with(1, table, random).front().differs;
  };
  EXPECT_TRUE(differs(1000));
  EXPECT_FALSE(differs(5)) << "twice ln(5 / 4) is more than ln 1.1";
}

TEST(CompareWith, ResamplesFromTenBlocksOn) {
  BlockTable table(2, 12);
  for (std::size_t block = 0; block < 12; ++block) {
    table.set(block, 0, block % 2 == 0 ? 1.1 : 0.9, 30);
    table.set(block, 1, 1, 30);
  }
  RandomStream random(1, "with");
  const auto pair = compare_with(1, table, random).front();
  const double reach =
      t_factor(0.95, 12) * standard_deviation(table.log_differences(0, 1)) / std::sqrt(12.0) +
      2 * std::log(30.0 / 29);
  EXPECT_NEAR(std::log(pair.ratio.high.value()) - std::log(pair.ratio.estimate), reach, 0.02)
      << "of one pair it is about Student's";
  RandomStream again(1, "with");
  const auto wider = compare_with(1, table, again, {.correlation = 0.5}).front();
  EXPECT_GT(wider.ratio.high.value(), pair.ratio.high.value() * 1.03);
}

TEST(RankSets, DegenerateRows) {
  EXPECT_THAT(rank_sets(0, {}), IsEmpty());
  EXPECT_EQ(rank_sets(1, {})[0].high, 1U);
  const Pair one[] = {decided(0, 1, 0.5, true)};
  EXPECT_EQ(rank_sets(2, one)[0].low, 2U);
  EXPECT_EQ(rank_sets(2, one)[1].high, 1U);
}

// 3 and 1 tie, 1 and 0 tie, but 3 and 0 differ: 0 begins the next group; 2 differs from all.
TEST(TieGroups, AGroupIsWhatCannotBeToldFromItsFirst) {
  const Pair pairs[] = {decided(0, 1, 0.9, false), decided(0, 2, 2, true),
                        decided(0, 3, 0.8, true),  decided(1, 2, 2, true),
                        decided(1, 3, 0.9, false), decided(2, 3, 0.4, true)};
  const std::size_t order[] = {3, 1, 0, 2};
  EXPECT_THAT(tie_groups(order, pairs),
              ElementsAre(ElementsAre(3, 1), ElementsAre(0), ElementsAre(2)));
  EXPECT_THAT(tie_groups({}, {}), IsEmpty());
}

}  // namespace
}  // namespace unrig::stats
