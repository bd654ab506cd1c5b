#include "load/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Issues everything, and remembers for whom.
class Sink final : public Issuer {
 public:
  bool issue(Instant, Client client) override {
    issued.push_back(client);
    return true;
  }
  [[nodiscard]] bool saturated() const override { return is_saturated; }
  [[nodiscard]] bool stopping() const override { return issued.size() >= stops_after; }

  std::vector<Client> issued;
  bool is_saturated = false;
  std::size_t stops_after = 1000;
};

class ClosedDriverTest : public testing::Test {
 protected:
  ClosedDriverTest() {
    driver.turn(start);
    sink.issued.clear();
  }

  const Instant start{1s};
  const Timeline timeline{start, start, start + 10s, start + 20s};
  Ledger ledger{timeline};
  Sink sink;
  ClosedDriver driver{{.clients = 2}, 1, 0, timeline, ledger, sink};
};

TEST_F(ClosedDriverTest, FirstThinkTimesAreSpread) {
  ClosedDriver thinking({.clients = 200, .think_time = 1s}, 1, 0, timeline, ledger, sink);
  std::vector<std::size_t> issued;
  for (int tenth = 1; tenth <= 10; ++tenth) {
    sink.issued.clear();
    thinking.turn(start + tenth * 100ms);
    issued.push_back(sink.issued.size());
  }
  EXPECT_THAT(issued, testing::Each(testing::AllOf(testing::Ge(8u), testing::Le(35u))));
  EXPECT_EQ(std::accumulate(issued.begin(), issued.end(), std::size_t{0}), 200u);
}

TEST_F(ClosedDriverTest, NobodyBeginsAfterTheWindow) {
  ClosedDriver slow({.clients = 50, .think_time = 1h}, 1, 0, timeline, ledger, sink);
  slow.turn(start + 2h);
  EXPECT_THAT(sink.issued, IsEmpty());
  EXPECT_TRUE(slow.exhausted());
}

TEST_F(ClosedDriverTest, IssuesAtOnceWhileThereIsTime) {
  driver.ended(1, start + 1ms, true);
  EXPECT_THAT(sink.issued, ElementsAre(1));
}

TEST_F(ClosedDriverTest, IssuesTogetherInTheNextTurnWhileSaturated) {
  sink.is_saturated = true;
  driver.ended(1, start + 1ms, true);
  driver.ended(0, start + 2ms, true);
  EXPECT_THAT(sink.issued, IsEmpty());
  EXPECT_FALSE(driver.exhausted());
  EXPECT_EQ(driver.next(), start + 1ms);
  driver.turn(start + 2ms);
  EXPECT_THAT(sink.issued, ElementsAre(1, 0));
  EXPECT_TRUE(driver.exhausted());
}

TEST_F(ClosedDriverTest, ARowOfRequestsEndsWhereTheRunIsToStop) {
  ClosedDriver many({.clients = 100}, 1, 0, timeline, ledger, sink);
  sink.stops_after = 3;
  many.turn(start + 1ms);
  EXPECT_EQ(sink.issued.size(), 3u);
}

TEST(OpenDriver, ARowOfRequestsEndsWhereTheRunIsToStop) {
  const Instant start{1s};
  const Timeline timeline{start, start, start + 10s, start + 20s};
  Ledger ledger{timeline};
  Sink sink;
  sink.stops_after = 3;
  const std::vector<Duration> schedule(100, 1ms);
  OpenDriver driver(schedule, 1000, timeline, ledger, sink);
  driver.turn(start + 1s);
  EXPECT_EQ(sink.issued.size(), 3u);
}

}  // namespace
}  // namespace unrig::load
