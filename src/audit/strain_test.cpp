#include "audit/strain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::audit {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Two cores, idle at first.
Moment quiet() {
  Moment moment;
  moment.machine = host::MachineCpu{};
  moment.threads.emplace()[7] = {};
  moment.usage.strangers[9] = {.name = "ninja", .used = Duration(0), .parent = 1, .age = 1h};
  return moment;
}
/// 200 ms later, half of which the chain had.
Moment later() {
  Moment moment = quiet();
  moment.machine->busy = 200ms;
  moment.machine->idle = 200ms;
  (*moment.threads)[7] = {.ran = 30ms, .waited = 4ms, .scheduled = 20};
  return moment;
}
std::string strain(const Moment& last) {
  return strain_between(quiet(), last, 40ms);
}

TEST(Strain, ThereIsNoneWhereTheChainHasTheMachine) {
  EXPECT_EQ(strain(later()), "");
  EXPECT_EQ(strain_between({}, {}, 40ms), "") << "what cannot be read is no excuse";
}

TEST(Strain, OthersMayHaveTheCores) {
  Moment last = later();
  last.usage.strangers[9].used = 29ms;
  EXPECT_EQ(strain(last), "") << "no more than a tick and a twentieth";
  last.usage.strangers[9].used = 40ms;
  EXPECT_THAT(strain(last), HasSubstr("most of it ninja"));
  last = later();
  last.machine->steal = 20ms;
  EXPECT_THAT(strain(last), HasSubstr("hypervisor"));
}

TEST(Strain, WhoIsReadyToRunMayHaveNoCore) {
  Moment last = later();
  (*last.threads)[7].waited = 41ms;
  EXPECT_EQ(strain(last), "its busiest thread waited 41 ms for a core");
}

TEST(Strain, OfThisProcessCanBeRead) {
  const Moment now = moment_now(::getpid());
  EXPECT_TRUE(now.machine);
  EXPECT_TRUE(moment_now(-5).usage.members.front().empty());
}

}  // namespace
}  // namespace unrig::audit
