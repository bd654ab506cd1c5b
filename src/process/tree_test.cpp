#include "process/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::process {
namespace {

// A real line; the fields that we read have values of their own: ppid 71, pgrp 72, utime 11,
// stime 12, cutime 1300, cstime 140, threads 15.
constexpr std::string_view after_name =
    "S 71 72 73 0 -1 4194560 1 2 3 4 11 12 1300 140 20 0 15 0 999 1 2 3";

TEST(ParseStat, ReadsTheFieldsThatAreNeeded) {
  const auto entry = parse_stat("70 (nginx) " + std::string(after_name));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->pid, 70);
  EXPECT_EQ(entry->parent, 71);
  EXPECT_EQ(entry->group, 72);
  EXPECT_EQ(entry->own_ticks, 23);
  EXPECT_EQ(entry->reaped_ticks, 1440);
  EXPECT_EQ(entry->threads, 15);
  EXPECT_EQ(entry->state, 'S');
  EXPECT_EQ(entry->started, 999u);
  EXPECT_EQ(entry->name, "nginx");
  EXPECT_FALSE(entry->kernel);
}

TEST(ParseStat, KnowsThreadsOfTheKernel) {
  const auto entry =
      parse_stat("14 (ksoftirqd/0) S 2 0 0 0 -1 69238848 0 0 0 0 0 5 0 0 20 0 1 0 1 0 0");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->kernel);
}

TEST(ParseStat, TheNameMayHoldAnything) {
  for (const std::string name : {"a b", "a) S 1 2 3", "(", ")", ") (", "", "x\ny", " ("}) {
    const auto entry = parse_stat("70 (" + name + ") " + std::string(after_name));
    ASSERT_TRUE(entry) << name;
    EXPECT_EQ(entry->parent, 71) << name;
    EXPECT_EQ(entry->threads, 15) << name;
  }
}

TEST(ParseStat, WhatIsNoStatIsNothing) {
  for (const std::string text : {"", "70", "70 (nginx", "70 (nginx) ", "70 (nginx) S 71 72",
                                 "x (nginx) S 71 72 73 0 -1 4194560 1 2 3 4 11 12 1300 140 20 0 15",
                                 ") (", "70 (a) S 71 72 73 0 -1 0 1 2 3 4 11 12 x 140 20 0 15 0"}) {
    EXPECT_FALSE(parse_stat(text)) << text;
  }
}

TEST(Tree, FindsOurselvesBelowOurParent) {
  const auto mine = ::testing::Field(&Entry::pid, ::getpid());
  EXPECT_THAT(descendants(::getppid()), ::testing::Contains(mine));
  EXPECT_THAT(descendants(::getpid()), ::testing::IsEmpty());
  EXPECT_THAT(tree(::getpid()), ::testing::ElementsAre(mine));
}

TEST(Tree, IsWhatDescendsFromItsRoot) {
  const auto entry = [](pid_t pid, pid_t parent) {
    Entry made;
    made.pid = pid;
    made.parent = parent;
    return made;
  };
  Processes all;
  for (const auto& [number, parent] : {std::pair{4, 3}, {1, 0}, {3, 1}, {2, 1}, {5, 2}}) {
    all.emplace(parent, entry(number, parent));
  }
  const auto pid = [](pid_t expected) { return ::testing::Field(&Entry::pid, expected); };
  EXPECT_THAT(tree(all, 3), ::testing::ElementsAre(pid(3), pid(4)));
  EXPECT_THAT(tree(all, 1),
              ::testing::UnorderedElementsAre(pid(1), pid(2), pid(3), pid(4), pid(5)));
  EXPECT_TRUE(tree(all, 9).empty());
}

TEST(Tree, OfNoProcessIsEmpty) {
  EXPECT_TRUE(tree(-5).empty());
}

}  // namespace
}  // namespace unrig::process
