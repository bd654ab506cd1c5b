#include "stats/verdict.h"

#include <gtest/gtest.h>

namespace unrig::stats {
namespace {

Verdict of(double low, double high, double margin = 0.02) {
  return verdict({.estimate = (low + high) / 2, .low = low, .high = high}, margin);
}

TEST(Verdict, IsAboutTheWholeInterval) {
  EXPECT_EQ(of(1.03, 1.10), Verdict::faster);
  EXPECT_EQ(of(1.01, 1.10), Verdict::undecided);  // faster, but perhaps by less than matters
  EXPECT_EQ(of(0.90, 0.97), Verdict::slower);
  EXPECT_EQ(of(0.90, 0.99), Verdict::undecided);
  EXPECT_EQ(of(0.99, 1.01), Verdict::equivalent);
  EXPECT_EQ(of(1.005, 1.015), Verdict::equivalent);  // a sure difference that does not matter
  EXPECT_EQ(of(0.95, 1.05), Verdict::undecided);
}

TEST(Verdict, TheMarginIsTheSameFromEitherSide) {
  EXPECT_EQ(of(1.0, 1.02), Verdict::equivalent);
  EXPECT_EQ(of(1 / 1.02, 1.0), Verdict::equivalent);
  EXPECT_EQ(of(0.9803, 1.0), Verdict::undecided);  // 1 / 1.02 = 0.98039
  EXPECT_EQ(of(0.9, 0.9803), Verdict::slower);
  EXPECT_EQ(of(0.9, 0.9805), Verdict::undecided);
}

TEST(Verdict, DegenerateRows) {
  EXPECT_EQ(verdict({.estimate = 5}, 0.02), Verdict::undecided);
  EXPECT_EQ(of(1, 1), Verdict::equivalent);
  EXPECT_EQ(of(1, 1, 0), Verdict::equivalent);
  EXPECT_EQ(of(1.001, 1.002, 0), Verdict::faster);
}

TEST(Verdict, Names) {
  EXPECT_EQ(to_text(Verdict::faster), "faster");
  EXPECT_EQ(to_text(Verdict::slower), "slower");
  EXPECT_EQ(to_text(Verdict::equivalent), "equivalent");
  EXPECT_EQ(to_text(Verdict::undecided), "undecided");
}

}  // namespace
}  // namespace unrig::stats
