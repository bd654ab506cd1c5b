#include "load/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

  std::vector<Client> issued;
  bool is_saturated = false;
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

}  // namespace
}  // namespace unrig::load
