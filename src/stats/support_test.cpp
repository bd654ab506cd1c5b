#include "stats/support.h"

#include <gtest/gtest.h>

namespace unrig::stats {
namespace {

TEST(Support, TenValuesLieBeyondAQuantile) {
  const struct {
    double q;
    std::uint64_t least;
  } needed[] = {{0.50, 20}, {0.90, 100}, {0.95, 200}, {0.99, 1000}, {0.999, 10000}};
  for (const auto& [q, least] : needed) {
    EXPECT_TRUE(supports(q, least)) << q;
    EXPECT_FALSE(supports(q, least - 1)) << q;
  }
  EXPECT_FALSE(supports(0.5, 0));
}

}  // namespace
}  // namespace unrig::stats
