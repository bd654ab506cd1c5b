#include "stats/standing.h"

#include <gtest/gtest.h>

namespace unrig::stats {
namespace {

Standing of(double low, double high, double margin = 0.02) {
  return standing({.estimate = (low + high) / 2, .low = low, .high = high}, margin);
}

TEST(Standing, IsAboutTheWholeInterval) {
  EXPECT_EQ(of(1.03, 1.10), Standing::faster);
  EXPECT_EQ(of(1.01, 1.10), Standing::undecided);  // faster, but perhaps by less than matters
  EXPECT_EQ(of(0.90, 0.97), Standing::slower);
  EXPECT_EQ(of(0.90, 0.99), Standing::undecided);
  EXPECT_EQ(of(0.99, 1.01), Standing::equivalent);
  EXPECT_EQ(of(1.005, 1.015), Standing::equivalent);  // a sure difference that does not matter
  EXPECT_EQ(of(0.95, 1.05), Standing::undecided);
}

TEST(Standing, TheMarginIsTheSameFromEitherSide) {
  EXPECT_EQ(of(1.0, 1.02), Standing::equivalent);
  EXPECT_EQ(of(1 / 1.02, 1.0), Standing::equivalent);
  EXPECT_EQ(of(0.9803, 1.0), Standing::undecided);  // 1 / 1.02 = 0.98039
  EXPECT_EQ(of(0.9, 0.9803), Standing::slower);
  EXPECT_EQ(of(0.9, 0.9805), Standing::undecided);
}

TEST(Standing, DegenerateRows) {
  EXPECT_EQ(standing({.estimate = 5}, 0.02), Standing::undecided);
  EXPECT_EQ(of(1, 1), Standing::equivalent);
  EXPECT_EQ(of(1, 1, 0), Standing::equivalent);
  EXPECT_EQ(of(1.001, 1.002, 0), Standing::faster);
}

TEST(Standing, Names) {
  EXPECT_EQ(to_text(Standing::faster), "faster");
  EXPECT_EQ(to_text(Standing::slower), "slower");
  EXPECT_EQ(to_text(Standing::equivalent), "equivalent");
  EXPECT_EQ(to_text(Standing::undecided), "undecided");
}

}  // namespace
}  // namespace unrig::stats
