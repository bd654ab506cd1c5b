#include "trial/under_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial/testing.h"

namespace unrig::trial {
namespace {

using record::Component;
using ::testing::HasSubstr;

constexpr double tiny = 1e-9;

TEST(UnderWay, EveryRequestIsSomewhere) {
  const record::UnderWay where = under_way(full_loop());
  EXPECT_NEAR(*where.all, 100, tiny);
  EXPECT_NEAR(*where.asleep, 47.24, tiny);  // 2362/s times 20 ms
  EXPECT_EQ(where.app_queue, 3);
  EXPECT_EQ(where.proxy_queue, 0);
  EXPECT_EQ(where.for_session, 0);
  EXPECT_NEAR(*where.database, 1.5, tiny);
  EXPECT_NEAR(*where.on_cores, 1.41, tiny);  // 4.45 + 0.2, 1.2 + 0.1, 1.0 + 0.1 s of 5 s
  EXPECT_NEAR(*where.elsewhere, 100 - 47.24 - 3 - 1.5 - 1.41, tiny);
  EXPECT_NEAR(*waiting(where), 3 + *where.elsewhere, tiny);
}

TEST(UnderWay, WhatWaitsInThePoolerAndForItsSessionsCounts) {
  record::Trial trial = full_loop();
  trial.signals.sessions.waiting_mean = 20;
  trial.signals.processes[Component::pooler].queue.mean = 4;
  const record::UnderWay where = under_way(trial);
  EXPECT_EQ(where.for_session, 20);
  EXPECT_EQ(where.pooler_queue, 4);
  EXPECT_NEAR(*waiting(where), *waiting(under_way(full_loop())), tiny) << "not elsewhere then";
}

TEST(UnderWay, TheProxyTellsWhatItHasNotRead) {
  record::Trial trial = full_loop();
  EXPECT_FALSE(under_way(trial).before_proxy) << "it was not asked";
  trial.signals.proxy.writing = 90;
  trial.signals.processes[Component::proxy].queue.mean = 4;
  const record::UnderWay where = under_way(trial);
  EXPECT_NEAR(*where.before_proxy, 6, tiny);
  EXPECT_NEAR(*waiting(where), *waiting(under_way(full_loop())), tiny) << "not elsewhere then";
  trial.signals.proxy.writing = 110;
  EXPECT_EQ(under_way(trial).before_proxy, 0);
  trial.signals.processes.erase(Component::proxy);
  EXPECT_EQ(under_way(trial).before_proxy, 0) << "there is none";
}

TEST(UnderWay, LocksAndTheDiskAreTheDatabasesOwn) {
  record::Trial trial = full_loop();
  trial.signals.activity.locked = 7;
  trial.signals.activity.io = 0.5;
  EXPECT_NEAR(*under_way(trial).database, 9, tiny);
  trial.signals.activity.io = {};
  EXPECT_FALSE(under_way(trial).database) << "a part of it is not the whole";
}

TEST(UnderWay, WhatWasNotReadIsNotZero) {
  record::Trial trial = full_loop();
  trial.signals.processes[Component::app].queue = {};
  trial.signals.processes[Component::proxy].cpu_seconds = {};
  const record::UnderWay where = under_way(trial);
  EXPECT_FALSE(where.app_queue);
  EXPECT_FALSE(where.on_cores);
  EXPECT_NEAR(*where.elsewhere, 100 - 47.24 - 1.5, tiny);
  trial.signals.processes.erase(Component::proxy);
  EXPECT_EQ(under_way(trial).proxy_queue, 0) << "the scenario leaves it out";
  EXPECT_TRUE(under_way(trial).on_cores);
}

TEST(UnderWay, IsNeverLessThanNothing) {
  record::Trial trial = full_loop();
  trial.signals.processes[Component::app].queue.mean = 120;
  EXPECT_EQ(under_way(trial).elsewhere, 0);
  EXPECT_NEAR(*waiting(under_way(trial)), 100, tiny) << "no more wait than there are";
}

TEST(UnderWay, FromOutsideOnlyTheirNumberIsKnown) {
  record::Trial trial = full_loop();
  trial.conditions->sees_server = false;
  record::UnderWay all;
  all.all = under_way(trial).all;
  EXPECT_TRUE(all.all);
  EXPECT_EQ(under_way(trial), all);
  EXPECT_FALSE(waiting(all));
  trial.service_us.mean.reset();
  EXPECT_EQ(under_way(trial), record::UnderWay{});
  trial = full_loop();
  trial.window_seconds = 0;
  EXPECT_EQ(under_way(trial), record::UnderWay{});
}

TEST(UnderWay, IsToldTheMostFirst) {
  record::UnderWay where;
  EXPECT_EQ(in_words(where), "");
  where.all = 10;
  EXPECT_EQ(in_words(where), "10.0 requests under way");
  where.asleep = 2;
  where.app_queue = 7.96;
  where.database = 0.04;
  EXPECT_EQ(in_words(where),
            "10.0 requests under way: 8.0 in the application's listen queue, 2.0 asleep in the "
            "query");
  EXPECT_THAT(in_words(under_way(full_loop())), HasSubstr("elsewhere, taken in and not come to"));
}

TEST(UnderWay, WhatIsInADatabaseOfOnesOwnIsNotTold) {
  record::Trial trial = full_loop();
  trial.conditions->own_application = true;
  const record::UnderWay where = under_way(trial);
  EXPECT_EQ(where.app_queue, 3);
  EXPECT_TRUE(where.on_cores);
  EXPECT_FALSE(where.database);
  EXPECT_FALSE(where.asleep);
  EXPECT_FALSE(where.elsewhere) << "it may be in the database";
}

}  // namespace
}  // namespace unrig::trial
