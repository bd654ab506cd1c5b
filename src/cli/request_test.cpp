#include "cli/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace unrig::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<int> two_cores{0, 1};

Result<Request> request_for(const RunOptions& options) {
  return read_request({}, options, two_cores);
}

std::vector<std::string> labels_of(const Request& request) {
  std::vector<std::string> labels;
  for (const auto& cell : request.cells) labels.push_back(cell.label);
  return labels;
}

TEST(Request, VariesAKnobAndTakesTheScenariosOwnValueAsTheBaseline) {
  const auto request = request_for(
      {.stacks = {"starlette-uvicorn", "flask-gunicorn"}, .vary = {"db.delay=10ms,20ms"}});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_THAT(labels_of(*request),
              ElementsAre("starlette-uvicorn db.delay=10ms", "flask-gunicorn db.delay=10ms",
                          "starlette-uvicorn db.delay=20ms", "flask-gunicorn db.delay=20ms"));
  EXPECT_EQ(request->baseline, "flask-gunicorn db.delay=20ms");
  EXPECT_EQ(request->cells[0].workers, 2);
  EXPECT_EQ(request->cells[1].workers, 7);
}

TEST(Request, TheBaselineIsNamedByStackOrLabel) {
  RunOptions options{.stacks = {"starlette-uvicorn", "flask-gunicorn"},
                     .vary = {"db.delay=10ms,40ms"}};
  EXPECT_EQ(request_for(options)->baseline, "flask-gunicorn db.delay=10ms") << "the first value";
  options.baseline = "starlette-uvicorn";
  EXPECT_EQ(request_for(options)->baseline, "starlette-uvicorn db.delay=10ms");
  options.baseline = "flask-gunicorn db.delay=40ms";
  EXPECT_EQ(request_for(options)->baseline, options.baseline);
  options.noise_floor = true;
  EXPECT_EQ(request_for(options)->cells.back().label, "flask-gunicorn db.delay=40ms (again)");
  options.baseline = "flask-gunicorn db.delay=41ms";
  EXPECT_THAT(request_for(options).error().help, HasSubstr("db.delay=40ms"));
}

TEST(Request, VariedWorkersAreThoseOfTheCell) {
  const auto request = request_for({.stacks = {"flask-gunicorn"}, .vary = {"workers.sync=3,7"}});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->cells[0].workers, 3);
  EXPECT_EQ(request->cells[0].label, "flask-gunicorn workers=3");
  EXPECT_EQ(request->baseline, "flask-gunicorn workers=7");
  const auto wrong = request_for(
      {.stacks = {"flask-gunicorn", "starlette-uvicorn"}, .vary = {"workers.sync=3,7"}});
  EXPECT_THAT(wrong.error().what, HasSubstr("means nothing to starlette-uvicorn"));
}

TEST(Request, TuningIsAGridOverWorkers) {
  const auto request = request_for({.stacks = {"starlette-uvicorn"}, .tune = true});
  ASSERT_TRUE(request) << request.error().what;
  std::vector<int> workers;
  for (const auto& cell : request->cells) workers.push_back(cell.workers);
  EXPECT_THAT(workers, ElementsAre(1, 2, 3, 4, 6, 8));
  EXPECT_EQ(request->baseline, "starlette-uvicorn workers=2");
  EXPECT_EQ(request->cells[0].role, record::Role::grid_step);
  EXPECT_EQ(request->cells[0].knobs, (record::Pairs{{"workers.async", "1"}}));
  EXPECT_EQ(request->cells[1].knobs, (record::Pairs{{"workers.async", "2"}})) << "not per core";
}

TEST(Request, WhatAScenarioHasForAStackByNameIsItsOwnNumberWhenTuned) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "unrig_request_test.toml";
  ASSERT_TRUE(write_file(folder, "[workers.stack]\nstarlette-uvicorn = 3\n"));
  const auto request =
      request_for({.stacks = {"starlette-uvicorn"}, .tune = true, .scenario = folder.string()});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->baseline, "starlette-uvicorn workers=3");
  for (const auto& cell : request->cells)
    EXPECT_EQ(cell.label, "starlette-uvicorn workers=" + std::to_string(cell.workers));
  std::filesystem::remove(folder);
}

TEST(Request, WhatDoesNotFitIsToldBeforeAnythingStarts) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"db.dlay=10ms"}, "no knob 'db.dlay'"},
      {{"db.delay=10ms", "db.delay=20ms"}, "varied twice"},
      {{"cpus.app=[0],[7]"}, "core 7"},
      {{"clients=1,2,3,4,5,6,7,8,9,10", "db.sessions=1,2,3,4,5,6,7,8,9,10",
        "listen_backlog=1,2,3,4,5,6"},
       "600 cells are too many: each block of them would take about 1h 40m"}};
  for (const auto& [vary, what] : wrong) {
    const auto request = request_for({.stacks = {"flask-gunicorn"}, .vary = vary});
    ASSERT_FALSE(request) << what;
    EXPECT_EQ(request.error().kind, ErrorKind::usage);
    EXPECT_THAT(request.error().what, HasSubstr(what));
  }
}

}  // namespace
}  // namespace unrig::cli
