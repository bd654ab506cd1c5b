#include "audit/workers.h"

#include <gmock/gmock.h>

namespace unrig::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Process 1 has descriptors 3, 4, … on the first list, process 2 on the second.
Look look(std::set<host::Inode> accepted, std::vector<host::Inode> first,
          std::vector<host::Inode> second = {}) {
  Look look{.at = {.accepted = std::move(accepted)}, .sockets = {}};
  int descriptor = 3;
  for (const auto inode : first) look.sockets[1].emplace(descriptor++, inode);
  for (const auto inode : second) look.sockets[2].emplace(descriptor++, inode);
  return look;
}

TEST(Looks, CountEachConnectionOnce) {
  Looks looks;
  looks.add(look({10, 11, 12}, {10, 11, 99}, {12}));
  looks.add(look({11, 13}, {11, 13}));
  EXPECT_EQ(looks.accepts(1), 3) << "10, 11, 13; 99 is none of a client";
  EXPECT_EQ(looks.most_held(1), 2);
  EXPECT_EQ(looks.accepts(2), 1);
  EXPECT_EQ(looks.accepts(3), 0);
  EXPECT_EQ(looks.most_held(3), 0);
}

TEST(Looks, TwoDescriptorsOfOneConnectionAreOne) {
  Looks looks;
  looks.add(look({10}, {10, 10}));
  EXPECT_EQ(looks.accepts(1), 1);
  EXPECT_EQ(looks.most_held(1), 1);
}

TEST(Looks, WhoHoldsForTwoLooksServes) {
  Looks looks;
  looks.add(look({10}, {10}));
  EXPECT_THAT(looks.holders(), IsEmpty());
  looks.add(look({10, 11}, {10}, {11}));
  EXPECT_THAT(looks.holders(), ElementsAre(1));
  looks.add(look({10, 11}, {10}, {11}));
  EXPECT_THAT(looks.holders(), ElementsAre(1, 2));
}

TEST(Looks, WhoPassesAConnectionOnDoesNotServe) {
  Looks looks;
  looks.add(look({10}, {10}));        // 1 has taken it,
  looks.add(look({10}, {10}, {10}));  // has sent it to 2,
  looks.add(look({10}, {}, {10}));    // and closed its own
  looks.add(look({10}, {}, {10}));
  EXPECT_THAT(looks.holders(), ElementsAre(2));
}

TEST(Looks, WhoHadToKeepWhatItPassesOnIsSeenWhenItHasNoneAnyMore) {
  Looks looks;
  looks.add(look({10, 11}, {10, 11}));
  looks.add(look({10, 11}, {10, 11}));  // 2, for whom they are, is stopped
  EXPECT_THAT(looks.holders(), ElementsAre(1));
  EXPECT_FALSE(looks.has_passed_on(1)) << "it has them";
  looks.add(look({10, 11}, {11}, {10}));
  EXPECT_FALSE(looks.has_passed_on(1)) << "one of them";
  looks.add(look({11}, {}, {}));
  EXPECT_FALSE(looks.has_passed_on(1)) << "nobody has one";
  looks.add(look({10, 11}, {}, {10, 11}));
  EXPECT_TRUE(looks.has_passed_on(1));
  EXPECT_FALSE(looks.has_passed_on(2));
  looks.add(look({}, {}, {}));
  EXPECT_FALSE(looks.has_passed_on(1)) << "they are closed: whoever had them answered";
  EXPECT_FALSE(looks.has_passed_on(3));
}

TEST(Looks, WhatNobodyHoldsForThreeLooksIsElsewhere) {
  Looks looks;
  looks.add(look({10, 11}, {10}));
  looks.add(look({10, 11}, {10}));
  EXPECT_THAT(looks.held_elsewhere(), IsEmpty());
  looks.add(look({10, 11}, {10}));
  EXPECT_THAT(looks.held_elsewhere(), ElementsAre(11u));
  looks.add(look({10, 11}, {10}, {11}));
  EXPECT_THAT(looks.held_elsewhere(), IsEmpty()) << "somebody has it now";
}

TEST(Workers, AreFoundByTheirNumber) {
  Workers workers{.all = {{.pid = 7}, {.pid = 9}}};
  EXPECT_THAT(workers.pids(), ElementsAre(7, 9));
  ASSERT_NE(workers.find(9), nullptr);
  workers.find(9)->accepts = 3;
  EXPECT_EQ(workers.all[1].accepts, 3);
  EXPECT_EQ(workers.find(8), nullptr);
}

}  // namespace
}  // namespace unrig::audit
