#include "trial/lives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
        });
  }
  Lives lives(Component part = Component::proxy) const {
    return lives({{.component = part, .root = 1, .members = {world.at(1), world.at(2)}}});
  }
  World world{{1, entry(1, 100)}, {2, entry(2, 101)}};
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
