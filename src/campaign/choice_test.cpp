#include "campaign/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::campaign {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> labels_of(const Choice& choice) {
  std::vector<std::string> labels;
  for (const auto& cell : choice.cells) labels.push_back(cell.label);
  return labels;
}

class ChoiceTest : public ::testing::Test {
 protected:
  ChoiceTest() : specs_(2) {
    specs_[0].name = "flask-gunicorn";
    specs_[1].name = "starlette-uvicorn";
    specs_[1].concurrency = scenario::Concurrency::async_coroutine;
    for (auto& spec : specs_) spec.vintages = {{.name = "2020"}, {.name = "2026"}};
  }
  /// On two cores.
  Result<Choice> chosen(Asked asked) const {
    asked.vintage = "2026";
    asked.phases = {.warmup = std::chrono::seconds(2), .duration = std::chrono::seconds(5)};
    return choose(asked, specs_, scenario_, std::vector{0, 1});
  }
  std::vector<stack::StackSpec> specs_;
  scenario::Scenario scenario_;
};

TEST_F(ChoiceTest, OfSeveralVintagesTheLabelsTellWhich) {
  const auto choice = chosen({.stacks = {"flask-gunicorn", "flask-gunicorn@2020"}});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_THAT(labels_of(*choice), ElementsAre("flask-gunicorn@2026", "flask-gunicorn@2020"));
  EXPECT_EQ(choice->baseline, "flask-gunicorn@2026");
  EXPECT_THAT(chosen({.stacks = {"flask-gunicorn", "flask-gunicorn@2026"}}).error().what,
              HasSubstr("named twice"));
}

TEST_F(ChoiceTest, VariesAKnobAndTakesTheScenariosOwnValueAsTheBaseline) {
  const auto choice =
      chosen({.stacks = {"starlette-uvicorn", "flask-gunicorn"}, .vary = {"db.delay=10ms,20ms"}});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_THAT(labels_of(*choice),
              ElementsAre("starlette-uvicorn db.delay=10ms", "flask-gunicorn db.delay=10ms",
                          "starlette-uvicorn db.delay=20ms", "flask-gunicorn db.delay=20ms"));
  EXPECT_EQ(choice->baseline, "flask-gunicorn db.delay=20ms");
  EXPECT_EQ(choice->cells[0].workers, 2);
  EXPECT_EQ(choice->cells[1].workers, 7);
}

TEST_F(ChoiceTest, OfLayersTheBaselineIsTheWholeChain) {
  const auto choice = chosen({.stacks = {"starlette-uvicorn"}, .layers = true});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_EQ(choice->baseline, "starlette-uvicorn");
  ASSERT_GT(choice->cells.size(), 2U);
  EXPECT_EQ(choice->cells[1].label, "starlette-uvicorn proxy.enabled=false");
  for (const auto& cell : choice->cells) EXPECT_EQ(cell.workers, 2) << cell.label;
}

TEST_F(ChoiceTest, TheBaselineIsNamedByStackOrLabel) {
  Asked asked{.stacks = {"starlette-uvicorn", "flask-gunicorn"}, .vary = {"db.delay=10ms,40ms"}};
  EXPECT_EQ(chosen(asked)->baseline, "flask-gunicorn db.delay=10ms") << "the first value";
  asked.baseline = "starlette-uvicorn";
  EXPECT_EQ(chosen(asked)->baseline, "starlette-uvicorn db.delay=10ms");
  asked.baseline = "flask-gunicorn db.delay=40ms";
  EXPECT_EQ(chosen(asked)->baseline, asked.baseline);
  asked.noise_floor = true;
  EXPECT_EQ(chosen(asked)->cells.back().label, "flask-gunicorn db.delay=40ms (again)");
  asked.baseline = "flask-gunicorn db.delay=41ms";
  EXPECT_THAT(chosen(asked).error().help, HasSubstr("db.delay=40ms"));
}

TEST_F(ChoiceTest, VariedWorkersAreThoseOfTheCell) {
  const auto choice = chosen({.stacks = {"flask-gunicorn"}, .vary = {"workers.sync=3,7"}});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_EQ(choice->cells[0].workers, 3);
  EXPECT_EQ(choice->cells[0].label, "flask-gunicorn workers=3");
  EXPECT_EQ(choice->baseline, "flask-gunicorn workers=7");
  const auto wrong =
      chosen({.stacks = {"flask-gunicorn", "starlette-uvicorn"}, .vary = {"workers.sync=3,7"}});
  EXPECT_THAT(wrong.error().what, HasSubstr("means nothing to starlette-uvicorn"));
}

TEST_F(ChoiceTest, TuningIsAGridOverWorkers) {
  const auto choice = chosen({.stacks = {"starlette-uvicorn"}, .tune = true});
  ASSERT_TRUE(choice) << choice.error().what;
  std::vector<int> workers;
  for (const auto& cell : choice->cells) workers.push_back(cell.workers);
  EXPECT_THAT(workers, ElementsAre(1, 2, 3, 4, 6, 8));
  EXPECT_EQ(choice->baseline, "starlette-uvicorn workers=2");
  EXPECT_EQ(choice->cells[0].role, record::Role::grid_step);
  EXPECT_EQ(choice->cells[0].knobs, (record::Pairs{{"workers.async", "1"}}));
  EXPECT_EQ(choice->cells[1].knobs, (record::Pairs{{"workers.async", "2"}})) << "not per core";
}

TEST_F(ChoiceTest, WhatAScenarioHasForAStackByNameIsItsOwnNumberWhenTuned) {
  scenario_.workers_of["starlette-uvicorn"] = {.fixed = 3};
  const auto choice = chosen({.stacks = {"starlette-uvicorn"}, .tune = true});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_EQ(choice->baseline, "starlette-uvicorn workers=3");
  for (const auto& cell : choice->cells)
    EXPECT_EQ(cell.label, "starlette-uvicorn workers=" + std::to_string(cell.workers));
}

TEST_F(ChoiceTest, WhatDoesNotFitIsToldBeforeAnythingStarts) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"db.dlay=10ms"}, "no knob 'db.dlay'"},
      {{"db.delay=10ms", "db.delay=20ms"}, "varied twice"},
      {{"cpus.app=[0],[7]"}, "core 7"},
      {{"clients=1,2,3,4,5,6,7,8,9,10", "db.sessions=1,2,3,4,5,6,7,8,9,10",
        "listen_backlog=1,2,3,4,5,6"},
       "600 cells are too many: each block of them would take about 1h 40m"}};
  for (const auto& [vary, what] : wrong) {
    const auto choice = chosen({.stacks = {"flask-gunicorn"}, .vary = vary});
    ASSERT_FALSE(choice) << what;
    EXPECT_EQ(choice.error().kind, ErrorKind::usage);
    EXPECT_THAT(choice.error().what, HasSubstr(what));
  }
}

TEST_F(ChoiceTest, AnApplicationOfOnesOwnHasNoKnobsOfRowsAndDatabase) {
  specs_[0].own = stack::OwnRequest{.request = {.path = "/users/7"}, .expect = {}};
  const auto choice = chosen({.stacks = {"flask-gunicorn"}, .vary = {"clients=1,2"}});
  ASSERT_TRUE(choice) << choice.error().what;
  EXPECT_EQ(choice->cells.front().own_request, "GET /users/7: status 200");
  const auto wrong = chosen({.stacks = {"flask-gunicorn"}, .vary = {"db.delay=1ms,2ms"}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
  EXPECT_THAT(wrong.error().what, HasSubstr("db.delay: it means nothing to flask-gunicorn"));
  const auto layers = chosen({.stacks = {"flask-gunicorn"}, .layers = true});
  ASSERT_TRUE(layers) << layers.error().what;
  EXPECT_THAT(labels_of(*layers), ::testing::Contains("flask-gunicorn proxy.enabled=false"));
  for (const auto& cell : layers->cells) {
    for (const auto& [knob, value] : cell.knobs)
      EXPECT_FALSE(knob.starts_with("db.") || knob.starts_with("pooler.")) << knob;
  }
}

}  // namespace
}  // namespace unrig::campaign
