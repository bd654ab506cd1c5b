#include "trial/lives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using record::Component;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

process::Entry entry(pid_t pid, std::uint64_t started, char state = 'S') {
  process::Entry made;
  made.pid = pid;
  made.started = started;
  made.state = state;
  made.name = "nginx";
  return made;
}

/// Processes as they are at one moment.
using World = std::map<pid_t, process::Entry>;

class LivesTest : public ::testing::Test {
 protected:
  Lives lives(std::vector<Part> parts) const {
    return Lives(
        std::move(parts),
        [this](pid_t pid) {
          const auto found = world.find(pid);
          return found == world.end() ? std::nullopt : std::optional(found->second);
        },
        [this](const Part&) {
          std::vector<process::Entry> all;
          for (const auto& [pid, each] : world) all.push_back(each);
          return all;
        },
        [this](pid_t pid) {
          const auto found = moved.find(pid);
          return found == moved.end() ? std::optional(usual) : found->second;
        });
  }
  Lives lives(Component part = Component::proxy) const {
    return lives({{.component = part, .root = 1, .members = {world.at(1), world.at(2)}}});
  }
  /// A proxy that unrig has put where everybody is.
  Lives placed(Component part = Component::proxy) const {
    return lives(
        {{.component = part, .root = 1, .members = {world.at(1), world.at(2)}, .given = usual}});
  }
  World world{{1, entry(1, 100)}, {2, entry(2, 101)}};
  const host::Standing usual{.cores = {0, 1}};
  std::map<pid_t, std::optional<host::Standing>> moved;  ///< who stands elsewhere
};

TEST_F(LivesTest, WhoLivesThroughItIsNotNamed) {
  Lives seen = lives();
  seen.look(Instant(1s));
  world[3] = entry(3, 300);  // a session that came
  seen.end(Instant(2s));
  EXPECT_THAT(seen.mishaps(), IsEmpty());
}

TEST_F(LivesTest, AWorkerThatWasReplacedIsNamed) {
  Lives seen = lives();
  world.erase(2);
  world[7] = entry(7, 300);
  seen.end(Instant(2s));
  ASSERT_EQ(seen.mishaps().size(), 1u);
  EXPECT_EQ(seen.mishaps().front().reason,
            "the proxy ended while it was measured: 1 of its 2 processes, and others took their "
            "place (process 2, nginx)");
  EXPECT_TRUE(seen.mishaps().front().from_outside);
}

TEST_F(LivesTest, AZombieAndAnotherOfTheSameNumberHaveEnded) {
  Lives zombie = lives();
  world[2].state = 'Z';
  zombie.end(Instant(2s));
  EXPECT_THAT(zombie.mishaps().at(0).reason, HasSubstr("1 of its 2 processes, which nobody"));
  Lives other = lives();
  world[2] = entry(2, 999);
  other.end(Instant(2s));
  EXPECT_THAT(other.mishaps().at(0).reason, HasSubstr("others took their place"));
}

TEST_F(LivesTest, TheEndOfTheFirstExplainsTheOthers) {
  Lives seen = lives(Component::app);
  world.clear();
  seen.end(Instant(2s));
  EXPECT_EQ(seen.mishaps().at(0).reason,
            "the app ended while it was measured: 2 of its 2 processes (process 1, nginx)");
  EXPECT_FALSE(seen.mishaps().at(0).from_outside) << "a stack may end itself";
}

TEST_F(LivesTest, WhoWasStoppedIsNamedThoughItWentOn) {
  Lives seen = lives(Component::pooler);
  world[1].state = 'T';
  seen.look(Instant(1s));
  seen.look(Instant(1500ms));
  world[1].state = 'S';
  seen.look(Instant(1600ms));
  seen.end(Instant(2s));
  ASSERT_EQ(seen.mishaps().size(), 1u);
  EXPECT_EQ(seen.mishaps()[0].reason,
            "the pooler was stopped for 600 ms by a signal, as SIGSTOP does (process 1, nginx)");
}

TEST_F(LivesTest, OneLookIsEnough) {
  Lives seen = lives(Component::pooler);
  world[2].state = 'T';
  seen.end(Instant(2s));
  EXPECT_THAT(seen.mishaps().at(0).reason, HasSubstr("the pooler was stopped by a signal"));
}

TEST_F(LivesTest, WhoWasMovedIsNamedThoughItWentBack) {
  Lives seen = placed();
  moved[2] = host::Standing{.cores = {0}, .nice = 19};
  seen.look(Instant(1s));
  moved.clear();
  seen.end(Instant(2s));
  ASSERT_EQ(seen.mishaps().size(), 1u);
  EXPECT_EQ(seen.mishaps()[0].reason,
            "the proxy was moved: cores 0, nice 19, where unrig gave it cores 0-1, nice 0 (process "
            "2, nginx)");
  EXPECT_THAT(seen.mishaps()[0].who, ElementsAre(Component::proxy));
  EXPECT_TRUE(seen.mishaps()[0].from_outside);
  EXPECT_TRUE(seen.moved());
}

TEST_F(LivesTest, WhoMayStandWhereItLikesIsNotMoved) {
  moved[2] = host::Standing{.cores = {0}, .nice = 19};
  Lives seen = lives(Component::app);
  seen.end(Instant(2s));
  EXPECT_THAT(seen.mishaps(), IsEmpty());
  EXPECT_FALSE(seen.moved());
}

TEST_F(LivesTest, SaysWhetherItKnowsWherePartsBelong) {
  EXPECT_TRUE(placed().knows_places());
  EXPECT_TRUE(lives(Component::app).knows_places());
  EXPECT_FALSE(lives(Component::pooler).knows_places());
  moved[::getpid()] = std::nullopt;
  EXPECT_FALSE(placed().knows_places());
}

TEST_F(LivesTest, WhatTheKernelDoesNotTellIsNoMove) {
  moved[2] = std::nullopt;
  Lives seen = placed();
  seen.end(Instant(2s));
  EXPECT_THAT(seen.mishaps(), IsEmpty());
}

TEST_F(LivesTest, WhereUnrigIsMovedWithAllOthersNoPartIsBlamed) {
  Lives seen = placed();
  for (const pid_t pid : {1, 2, static_cast<int>(::getpid())})
    moved[pid] = host::Standing{.cores = {1}};
  seen.end(Instant(2s));
  ASSERT_EQ(seen.mishaps().size(), 1u);
  EXPECT_EQ(seen.mishaps()[0].reason,
            "unrig was moved while it measured: cores 1, nice 0, where it had cores 0-1, nice 0");
  EXPECT_THAT(seen.mishaps()[0].who, ElementsAre(Component::load));
  EXPECT_FALSE(seen.moved());
}

TEST_F(LivesTest, ManyAreLookedAtInTurn) {
  Part part{.component = Component::app, .root = 1, .members = {}};
  for (pid_t pid = 1; pid <= 100; ++pid) {
    world[pid] = entry(pid, 1);
    part.members.push_back(world[pid]);
  }
  world[100].state = 'T';
  Lives seen = lives({part});
  for (int turn = 0; turn < 4; ++turn) seen.look(Instant(turn * 100ms));
  world[100].state = 'S';
  seen.end(Instant(1s));
  EXPECT_THAT(seen.mishaps().at(0).reason, HasSubstr("process 100"));
}

}  // namespace
}  // namespace unrig::trial
