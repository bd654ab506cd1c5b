#include "arrivals/pacing.h"

#include <gtest/gtest.h>

namespace unrig::arrivals {
namespace {

using namespace std::chrono_literals;

TEST(Pacing, Table) {
  struct Row {
    Pacing pacing;
    Duration ahead;
    Duration expected;
  };
  const Row rows[] = {
      {Pacing::sleep, 1ms, 1ms},
      {Pacing::sleep, 1ns, 1ns},
      {Pacing::hybrid, 1ms, 850us},  // wakes 150 us before
      {Pacing::hybrid, 150us, 0ns},  // spins from there on
      {Pacing::hybrid, 151us, 1us},
      {Pacing::spin, 1h, 0ns},
      {Pacing::sleep, 0ns, 0ns},   // due
      {Pacing::sleep, -1ms, 0ns},  // late
      {Pacing::hybrid, -1ms, 0ns},
      {Pacing::hybrid, Duration::max(), Duration::max() - 150us},
      {Pacing::hybrid, Duration::min(), 0ns},
  };
  for (const Row& row : rows) EXPECT_EQ(pause(row.pacing, row.ahead), row.expected);
}

}  // namespace
}  // namespace unrig::arrivals
