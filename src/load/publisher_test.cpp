#include "load/publisher.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace unrig::load {
namespace {

using namespace std::chrono_literals;

TEST(LiveCounts, SlotsAreWithinSixPercent) {
  for (const Duration value : {0ns, 15ns, 16ns, 17ns, 1000ns, 123456ns, Duration{1h}}) {
    LiveCounts live;
    live.responses[LiveCounts::slot_of(value)] = 1;
    const double shown = static_cast<double>(live.quantile(0.5).count());
    EXPECT_NEAR(shown, static_cast<double>(value.count()),
                0.04 * static_cast<double>(value.count()) + 1);
  }
  EXPECT_LT(LiveCounts::slot_of(Duration::max()), LiveCounts::slot_count);
}

TEST(LiveCounts, QuantilesOfNothingAreZero) {
  EXPECT_EQ(LiveCounts().quantile(0.5), 0ns);
}

TEST(Publisher, PublishesEachRequestOnceTenTimesASecond) {
  LiveCounts live;
  Publisher publisher(&live);
  publisher.turn(Instant{1s});
  for (int i = 0; i < 99; ++i) publisher.completed(1ms);
  publisher.completed(1s);
  publisher.failed();
  publisher.turn(Instant{1050ms});
  EXPECT_EQ(live.completed, 0u);
  publisher.turn(Instant{1100ms});
  EXPECT_EQ(live.completed, 100u);
  EXPECT_EQ(live.failed, 1u);
  EXPECT_NEAR(seconds(live.quantile(0.99)), 0.001, 0.00006);
  EXPECT_NEAR(seconds(live.quantile(1)), 1, 0.06);
  publisher.publish(Instant{1101ms});
  EXPECT_EQ(live.completed, 100u);
  EXPECT_EQ(live.failed, 1u);
}

TEST(PublisherDeathTest, NobodyNeedsToWatch) {
  const auto publish_to_nobody = [] {
    Publisher publisher(nullptr);
    publisher.completed(1ms);
    publisher.failed();
    publisher.turn(Instant{1h});
    publisher.publish(Instant{2h});
    std::exit(0);
  };
  EXPECT_EXIT(publish_to_nobody(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace unrig::load
