#include "audit/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr pid_t master = 100, first = 101, second = 102, broker = 900;

Workers two_workers() {
  return {.all = {{.pid = first}, {.pid = second}}};
}
/// As they can be compared.
auto is(int connections, int statements, std::uint64_t exchanges) {
  using ::testing::AllOf;
  using ::testing::Field;
  return AllOf(Field(&Talk::connections, connections), Field(&Talk::statements, statements),
               Field(&Talk::exchanges, exchanges));
}

TEST(Talks, AreOfWhoHoldsTheConnection) {
  const TapCounts counts{.fronts = {{0, {.port = 5001, .waits = true, .exchanges = 1}},
                                    {1, {.port = 5002, .waits = true, .exchanges = 3}},
                                    {2, {.port = 5003, .exchanges = 2}},
                                    {3, {.port = 5004, .waits = true, .exchanges = 1}},
                                    {4, {.port = 5999, .waits = true, .exchanges = 1}}}};
  const host::Openers openers{
      {5001, {first}}, {5002, {second}}, {5003, {second}}, {5004, {broker}}};
  EXPECT_THAT(
      talks_of(counts, openers, two_workers()),
      ElementsAre(Pair(first, is(1, 1, 1)), Pair(second, is(2, 1, 5)), Pair(broker, is(1, 1, 1))))
      << "and of one nobody knows whose it is";
}

TEST(Talks, WhatWasInheritedIsTheWorkers) {
  const TapCounts counts{.fronts = {{0, {.port = 5001, .waits = true}}}};
  EXPECT_THAT(talks_of(counts, {{5001, {master, second}}}, two_workers()),
              ElementsAre(Pair(second, is(1, 1, 0))));
  EXPECT_THAT(talks_of(counts, {{5001, {master, broker}}}, two_workers()),
              ElementsAre(Pair(master, is(1, 1, 0))));
}

TEST(Talks, OfAUnixSocketTheKernelSaysWhoseItIs) {
  const TapCounts counts{.fronts = {{0, {.process = first, .waits = true, .exchanges = 2}},
                                    {1, {.process = 0, .waits = true}}}};
  EXPECT_THAT(talks_of(counts, {}, two_workers()), ElementsAre(Pair(first, is(1, 1, 2))));
  EXPECT_THAT(talks_of({}, {}, two_workers()), IsEmpty());
}

TEST(Talks, OfSeveralSilencesTheMostIsKept) {
  Talks kept{{first, {.connections = 4, .statements = 1, .exchanges = 9}}};
  add_most({{first, {.connections = 2, .statements = 2, .exchanges = 3}}, {broker, {1, 0, 0}}},
           kept);
  EXPECT_THAT(kept, ElementsAre(Pair(first, is(4, 2, 9)), Pair(broker, is(1, 0, 0))));
}

}  // namespace
}  // namespace unrig::audit
