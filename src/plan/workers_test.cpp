#include "plan/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

using scenario::Concurrency;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

constexpr int cores = 2;

TEST(WorkerGrid, StepsByTheSquareRootOfTwoFromAQuarterOfTheScenariosNumber) {
  // 7/4 = 1.75, 2.47, 3.5, 4.95, 7, 9.90, 14, 19.8, 28, 39.6, 56, 79.2, and the most.
  EXPECT_THAT(worker_grid(7, 100), ElementsAre(2, 4, 5, 7, 10, 14, 20, 28, 40, 56, 79, 100));
  EXPECT_THAT(worker_grid(2, 8), ElementsAre(1, 2, 3, 4, 6, 8));
}

TEST(WorkerGrid, HasTheScenariosNumberEvenWhereItIsMoreThanTheMost) {
  EXPECT_THAT(worker_grid(8, 4), ElementsAre(2, 3, 4, 6, 8));
  EXPECT_THAT(worker_grid(1, 1), ElementsAre(1));
}

TEST(WorkersToTry, NoMoreThanThereAreClientsOrSessions) {
  scenario::Scenario s;
  s.clients = {.fixed = 100};
  s.db_sessions = {.fixed = 20};
  EXPECT_EQ(workers_to_try(s, Concurrency::sync, 7, cores).back(), 20);
  s.db_sessions = {.per_worker = 4};
  EXPECT_EQ(workers_to_try(s, Concurrency::threads, 7, cores).back(), 100);
  s.clients = {.fixed = 10};
  EXPECT_EQ(workers_to_try(s, Concurrency::sync, 7, cores).back(), 10);
}

TEST(WorkersToTry, AsyncOnesAreTriedUpToFourPerCore) {
  const scenario::Scenario s;
  EXPECT_THAT(workers_to_try(s, Concurrency::async_greenlet, 2, cores),
              ElementsAre(1, 2, 3, 4, 6, 8));
  EXPECT_EQ(workers_to_try(s, Concurrency::async_coroutine, 6, cores).back(), 12)
      << "twice the scenario's own";
}

TEST(WorkersToTry, PooledOnesNeverStarve) {
  scenario::Scenario s;
  s.db_connection = scenario::Connection::pooled;
  s.db_sessions = {.fixed = 9};
  const auto numbers = workers_to_try(s, Concurrency::sync, 7, cores);
  EXPECT_THAT(numbers, Each(Le(9)));
}

TEST(WorkersToSearch, DoubleFromOnePerCoreToTheMost) {
  scenario::Scenario s;
  EXPECT_THAT(workers_to_search(s, Concurrency::sync, cores),
              ElementsAre(2, 4, 7, 14, 28, 56, 100));
  EXPECT_THAT(workers_to_search(s, Concurrency::async_greenlet, cores), ElementsAre(2, 4, 8));
  EXPECT_THAT(workers_to_search(s, Concurrency::sync, 1), ElementsAre(1, 2, 4, 8, 16, 32, 64, 100));
  s.db_sessions = {.fixed = 5};
  EXPECT_THAT(workers_to_search(s, Concurrency::sync, cores), ElementsAre(2, 4, 5));
  s.clients = {.fixed = 1};
  EXPECT_THAT(workers_to_search(s, Concurrency::sync, cores), ElementsAre(1));
  s.clients = {.fixed = 100'000};
  s.db_sessions = {.fixed = 10'000};
  EXPECT_EQ(workers_to_search(s, Concurrency::sync, cores).back(), scenario::most_workers);
}

TEST(WorkersKnob, IsThatOfTheConcurrency) {
  EXPECT_EQ(workers_knob({.concurrency = "threads"}), "workers.sync");
  EXPECT_EQ(workers_knob({.concurrency = "async-greenlet"}), "workers.async");
  EXPECT_TRUE(sets_workers("workers.async"));
  EXPECT_FALSE(sets_workers("proxy.workers"));
}

}  // namespace
}  // namespace unrig::plan
