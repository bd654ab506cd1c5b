#include "cli/tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/tuning.h"

namespace unrig::cli {
namespace {

using scenario::Concurrency;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

constexpr int cores = 2;

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

TEST(SpreadOverWorkers, OneCellPerNumberAndTheOwnOneIsTheBaseline) {
  Request request;
  request.cells.push_back({.workers = 7, .label = "flask-gunicorn"});
  const std::vector<int> numbers{4, 7, 10};
  spread_over_workers(request, numbers);
  ASSERT_EQ(request.cells.size(), 3U);
  EXPECT_EQ(request.baseline, 1U);
  EXPECT_EQ(request.cells[2].workers, 10);
  EXPECT_EQ(request.cells[2].label, "flask-gunicorn workers=10");
}

}  // namespace
}  // namespace unrig::cli
