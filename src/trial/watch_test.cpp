#include "trial/watch.h"

#include <gtest/gtest.h>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

/// 5 s of two cores: 8 s busy, of which 6 s unrig's own, 300 ms interrupts, 200 ms the kernel's
/// threads, 500 ms a compiler's; 2 s idle.
Watch usual_watch() {
  Watch seen;
  seen.first.machine.emplace();
  seen.last.machine = host::MachineCpu{.busy = 8s, .idle = 2s, .steal = 0s, .interrupts = 300ms};
  seen.last.usage.own = 6s;
  seen.last.usage.kernel = 200ms;
  seen.last.usage.strangers[7] = {"compiler", 500ms};
  return seen;
}

TEST(Disturbance, SharesOutWhatTheMachineDid) {
  record::Trial trial;
  fill_disturbance(trial, usual_watch());
  const record::Disturbance& found = trial.disturbance;
  EXPECT_DOUBLE_EQ(found.machine_busy.value(), 0.8);
  EXPECT_DOUBLE_EQ(found.foreign.value(), 0.05);
  EXPECT_EQ(found.foreign_name, "compiler");
  EXPECT_DOUBLE_EQ(found.unseen.value(), 0.1);  // 8 - 6 - 0.3 - 0.2 - 0.5 s of 10 s
  EXPECT_FALSE(found.frequency_change);
}

TEST(Disturbance, NothingUnseenIsNotLessThanNothing) {
  Watch seen = usual_watch();
  seen.last.usage.own = 9s;
  record::Trial trial;
  fill_disturbance(trial, seen);
  EXPECT_EQ(trial.disturbance.unseen, 0);
}

TEST(Disturbance, FrequencyIsThatOfTheHalves) {
  EXPECT_FALSE(change_between_halves({3000, 3000, 3000}));
  EXPECT_DOUBLE_EQ(change_between_halves({3000, 3000, 9, 2400, 2400, 2400}).value(), -0.2);
  EXPECT_EQ(change_between_halves({3000, 3000, 3000, 3000, 3000}), 0);
  EXPECT_FALSE(change_between_halves({0, 0, 1, 1}));
}

TEST(FullQueues, AreTheChainsOwnWhereTheKernelTells) {
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 5, .machine = 90}), 3u);
  // Others filled theirs; or the chain dropped for another reason.
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 2, .machine = 90}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 999, .machine = 10}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = {}, .machine = 14}), 4u);
  EXPECT_FALSE(full_queues_between({.chain = 2, .machine = {}}, {.chain = 2, .machine = 14}));
  EXPECT_EQ(full_queues_between({.chain = 5, .machine = 10}, {.chain = 2, .machine = 10}), 0u);
}

}  // namespace
}  // namespace unrig::trial
