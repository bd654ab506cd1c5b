#include "trial/holds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using record::Component;
using ::testing::IsEmpty;

/// The pooler's process 7 is in /q, unrig in the topmost group.
class HoldsTest : public ::testing::Test {
 protected:
  Holds holds(const chain::GroupFolders& own = {}) {
    return Holds(
        {.holding = [this](pid_t process, std::string_view controller)
             -> Result<std::vector<std::filesystem::path>> {
           if (!readable) return fail(ErrorKind::environment, "no control groups are mounted here");
           if (controller == "freezer") return std::vector<std::filesystem::path>{"/f"};
           if (process == getpid()) return std::vector<std::filesystem::path>{"/"};
           return std::vector<std::filesystem::path>{"/q", "/"};
         },
         .is_there = [this](pid_t process) { return process != gone; },
         .throttling =
             [this](const std::filesystem::path& group) -> std::optional<host::Throttling> {
           const auto found = now.find(group.string());
           return found == now.end() ? std::nullopt : std::optional(found->second);
         },
         .is_frozen = [this](const std::filesystem::path& group) { return group == frozen; }},
        own);
  }
  static process::Entry entry(pid_t pid) {
    process::Entry made;
    made.pid = pid;
    return made;
  }
  const std::vector<Part> parts{{.component = Component::pooler, .root = 7, .members = {entry(7)}}};
  std::map<std::string, host::Throttling> now{{"/q", {.periods = 5, .held = 1s, .of = 0}},
                                              {"/", {}}};
  std::filesystem::path frozen;
  bool readable = true;
  pid_t gone = -1;
};

TEST_F(HoldsTest, AQuotaNamesWhomItHeld) {
  Holds seen = holds();
  seen.look(parts);
  EXPECT_THAT(seen.mishaps(10s), IsEmpty()) << "what was before does not count";
  EXPECT_EQ(seen.longest(), 0s);
  now["/q"] = {427, 6s};
  seen.look(parts);
  ASSERT_EQ(seen.mishaps(10s).size(), 1u);
  EXPECT_EQ(seen.mishaps(10s)[0].reason,
            "a CPU quota held the pooler back: used up in 422 periods, 5.0 s without a core "
            "(control group /q)");
  EXPECT_EQ(seen.mishaps(10s)[0].who, (std::set{Component::pooler}));
  EXPECT_EQ(seen.longest(), 5s);
  EXPECT_THAT(seen.mishaps(600s), IsEmpty());
  now["/"] = {1, 7s};
  seen.look(parts);
  EXPECT_THAT(seen.mishaps(10s)[0].reason, ::testing::HasSubstr("the load generator, the pooler"));
}

TEST_F(HoldsTest, TheRunsOwnQuotaIsASignalAndNoMishap) {
  Holds seen = holds({.all = "/q", .others = "/q"});
  seen.look(parts);
  now["/q"] = {.periods = 305, .held = 6s, .of = 400};
  seen.look(parts);
  EXPECT_THAT(seen.mishaps(10s), IsEmpty());
  EXPECT_EQ(seen.longest(), 0s) << "of the others";
  record::Signals signals;
  signals.processes[Component::pooler];
  seen.write(signals);
  EXPECT_EQ(signals.machine.quota_used_up.value(), 0.75);
  EXPECT_EQ(signals.of(Component::pooler)->throttled_seconds.value(), 5);
  holds().write(signals);
  EXPECT_EQ(signals.machine.quota_used_up.why(), "there is no quota");
}

TEST_F(HoldsTest, SoIsTheQuotaOfAPart) {
  Holds seen = holds({.all = "/", .others = "/others", .own = {{Component::pooler, "/q"}}});
  seen.look(parts);
  now["/q"] = {.periods = 305, .held = 6s, .of = 600};
  seen.look(parts);
  EXPECT_THAT(seen.mishaps(10s), IsEmpty());
  record::Signals signals;
  signals.processes[Component::pooler];
  signals.processes[Component::app];
  seen.write(signals);
  EXPECT_EQ(signals.of(Component::pooler)->quota_used_up.value(), 0.5);
  EXPECT_EQ(signals.of(Component::app)->quota_used_up.why(), "there is no quota");
  EXPECT_EQ(signals.machine.quota_used_up.why(), "no quota was in force");
}

TEST_F(HoldsTest, WhoLeavesItsGroupIsNamed) {
  Holds seen = holds({.all = "/own", .others = "/own/others"});
  seen.look(parts);
  ASSERT_EQ(seen.mishaps(10s).size(), 1u);
  EXPECT_EQ(seen.mishaps(10s)[0].reason, "the pooler left its control group: it is in /q");
  EXPECT_FALSE(seen.mishaps(10s)[0].from_outside);
  record::Signals signals;
  seen.write(signals);
  EXPECT_EQ(signals.machine.quota_used_up.why(), "the group of the quota could not be looked at");
}

TEST_F(HoldsTest, EachComponentHasItsOwnTime) {
  Holds seen = holds();
  seen.look(parts);
  now["/q"] = {427, 6s};
  seen.look(parts);
  record::Signals signals;
  signals.processes[Component::load];
  signals.processes[Component::pooler];
  signals.processes[Component::app];
  seen.write(signals);
  EXPECT_EQ(signals.of(Component::load)->throttled_seconds.value(), 0);
  EXPECT_EQ(signals.of(Component::pooler)->throttled_seconds.value(), 5);
  EXPECT_EQ(signals.of(Component::app)->throttled_seconds.why(),
            "no control group could be looked at");
}

TEST_F(HoldsTest, WhatCannotBeReadIsNotZero) {
  now.clear();
  Holds seen = holds();
  seen.look({});
  EXPECT_FALSE(seen.longest());
  EXPECT_EQ(seen.unreadable(), "the load generator: /cpu.stat cannot be read");
  record::Signals signals;
  signals.processes[Component::load];
  seen.write(signals);
  EXPECT_EQ(signals.of(Component::load)->throttled_seconds.why(), "/cpu.stat cannot be read");
}

TEST_F(HoldsTest, WhoHasEndedIsNotUnreadable) {
  readable = false;
  gone = getpid();
  Holds seen = holds();
  seen.look({});
  EXPECT_EQ(seen.unreadable(), "");
  gone = -1;
  seen.look({});
  EXPECT_EQ(seen.unreadable(), "the load generator: no control groups are mounted here");
}

TEST_F(HoldsTest, AFrozenPartIsNamed) {
  frozen = "/f";
  Holds seen = holds();
  seen.look(parts);
  ASSERT_EQ(seen.mishaps(1s).size(), 2u);
  EXPECT_EQ(seen.mishaps(1s)[1].reason, "the pooler was frozen (control group /f)");
}

}  // namespace
}  // namespace unrig::trial
