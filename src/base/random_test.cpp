#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace unrig {
namespace {

TEST(RandomStream, SameSeedAndLabelSameNumbers) {
  RandomStream a(42, "order");
  RandomStream b(42, "order");
  RandomStream other_label(42, "arrivals");
  RandomStream other_seed(43, "order");
  const auto first = a();
  EXPECT_EQ(first, b());
  EXPECT_NE(first, other_label());
  EXPECT_NE(first, other_seed());
}

TEST(RandomStream, BelowIsUniform) {
  // Chi-square with 9 degrees of freedom: P(> 33.7) = 1e-4. The seed is fixed, so it cannot
  // flicker.
  RandomStream random(7, "test");
  std::vector<int> counts(10);
  for (int i = 0; i < 100000; ++i) ++counts[random.below(10)];
  double chi2 = 0;
  for (const int count : counts) chi2 += (count - 10000.0) * (count - 10000.0) / 10000;
  EXPECT_LT(chi2, 33.7);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(RandomStream, MomentsOfExponentialAndNormal) {
  RandomStream random(11, "test");
  constexpr int n = 200000;
  double sum = 0;
  double squares = 0;
  double normal_sum = 0;
  double normal_squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.exponential(2.0);
    sum += x;
    squares += x * x;
    const double z = random.normal();
    normal_sum += z;
    normal_squares += z * z;
  }
  // Five standard errors each: sd of the mean 2/sqrt(n), of the second moment sqrt(320)/sqrt(n).
  EXPECT_NEAR(sum / n, 2.0, 5 * 2.0 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 8.0, 5 * std::sqrt(320.0 / n));
  EXPECT_NEAR(normal_sum / n, 0.0, 5 / std::sqrt(n));
  EXPECT_NEAR(normal_squares / n, 1.0, 5 * std::sqrt(2.0 / n));
}

TEST(RandomStream, ShuffleKeepsEveryItem) {
  RandomStream random(3, "test");
  std::vector<int> items{1, 2, 3, 4, 5, 6};
  random.shuffle(std::span(items));
  EXPECT_NE(items, (std::vector<int>{1, 2, 3, 4, 5, 6}));
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, (std::vector<int>{1, 2, 3, 4, 5, 6}));
}

TEST(RandomSecret, HasTheAskedLengthAndDiffers) {
  EXPECT_EQ(random_secret(16).size(), 32u);
  EXPECT_NE(random_secret(16), random_secret(16));
  EXPECT_LT(fresh_seed(), std::uint64_t{1} << 53);
}

}  // namespace
}  // namespace unrig
