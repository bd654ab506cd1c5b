#include "cli/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/cells.h"
#include "scenario/knobs.h"

namespace unrig::cli {
namespace {

using namespace std::chrono_literals;

const std::vector<int> two_cores{0, 1};

record::Manifest stored() {
  record::Manifest manifest;
  manifest.scenario = "a-file-that-is-gone";
  manifest.baseline = "flask-gunicorn db.delay=3ms";
  manifest.cells = {{.stack = "flask-gunicorn",
                     .vintage = "2026",
                     .hash = "aa",
                     .workers = 5,  // as that file had it for this stack alone
                     .label = "flask-gunicorn db.delay=3ms",
                     .knobs = {{"db.delay", "\"3ms\""}},
                     .role = record::Role::grid_step}};
  manifest.cells.push_back(plan::double_of(manifest.cells[0]));
  return manifest;
}

TEST(Task, OfTheOptionsHasEveryKnobInForce) {
  const auto named =
      read_task({}, {.stacks = {"flask-gunicorn"}, .set = {"clients=12"}}, two_cores);
  ASSERT_TRUE(named) << named.error().what;
  EXPECT_EQ(named->task.scenario, "article");
  EXPECT_EQ(named->task.knobs.size(), scenario::knobs().size());
  EXPECT_EQ(named->task.knobs[0], (std::pair<std::string, std::string>("clients", "12")));
  EXPECT_EQ(named->task.baseline, "flask-gunicorn");
  EXPECT_FALSE(named->task.fresh_blocks);
}

TEST(Task, StacksAtEachSettingNeedNoFreshBlocks) {
  RunOptions options{.stacks = {"flask-gunicorn"}, .vary = {"db.delay=1ms,2ms"}};
  EXPECT_FALSE(read_task({}, options, two_cores)->task.fresh_blocks) << "the best of several";
  options.stacks.push_back("starlette-uvicorn");
  EXPECT_EQ(read_task({}, options, two_cores)->task.fresh_blocks, 0);
  options.fresh_blocks = 3;
  EXPECT_EQ(read_task({}, options, two_cores)->task.fresh_blocks, 3);
}

TEST(Task, HasTimeToSeeThatALevelHolds) {
  RunOptions options{.stacks = {"flask-gunicorn"}};
  EXPECT_EQ(read_task({}, options, two_cores)->task.phases.warmup_most, 0s) << "nothing compiles";
  options.stacks.push_back("node-http");
  EXPECT_EQ(read_task({}, options, two_cores)->task.phases.warmup_most, 30s);
  options.warmup = 25s;
  EXPECT_TRUE(read_task({}, options, two_cores)) << "it is long anyway";
  options.warmup_most = 0s;
  EXPECT_TRUE(read_task({}, options, two_cores));
  options.warmup_most = 33s;
  EXPECT_TRUE(read_task({}, options, two_cores));
  options.warmup_most = 32s;
  const auto short_one = read_task({}, options, two_cores);
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().kind, ErrorKind::usage);
  EXPECT_THAT(short_one.error().help, ::testing::HasSubstr("--warmup-most 33s at least"));
}

TEST(Task, OfAStoredRunAsksNoScenarioFile) {
  scenario::Scenario all;
  ASSERT_TRUE(scenario::set_from_text(all, "db.delay=7ms"));
  ASSERT_TRUE(scenario::set_from_text(all, "clients=12"));
  record::Manifest manifest = stored();
  for (const auto& knob : scenario::knobs()) manifest.knobs.emplace_back(knob.name, knob.get(all));
  const auto named = read_stored(manifest, {}, {}, two_cores);
  ASSERT_TRUE(named) << named.error().what;
  EXPECT_EQ(named->scenario.name, "a-file-that-is-gone");
  for (const auto& knob : scenario::knobs()) {
    EXPECT_EQ(knob.get(named->scenario), knob.get(all)) << knob.name;
  }
  const auto& cells = named->task.cells;
  ASSERT_EQ(cells.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(cells[i].label, manifest.cells[i].label);
    EXPECT_EQ(cells[i].workers, 5);
    EXPECT_EQ(cells[i].role, manifest.cells[i].role);
    EXPECT_EQ(cells[i].knobs, manifest.cells[i].knobs);
    EXPECT_NE(cells[i].hash, "aa") << "of today's files";
  }
  EXPECT_FALSE(read_task({}, {.scenario = manifest.scenario}, two_cores))
      << "a new run asks for it";
}

TEST(Task, AStackThatIsGoneIsAnError) {
  record::Manifest manifest = stored();
  manifest.cells[0].stack = "of-yesterday";
  EXPECT_EQ(read_stored(manifest, {}, {}, two_cores).error().kind, ErrorKind::usage);
}

TEST(Task, OfAStoredRunHasItsFoldersOfStacks) {
  record::Manifest manifest;
  manifest.stack_folders = {"/tmp/of the run"};
  using Folders = std::vector<std::filesystem::path>;
  EXPECT_EQ(places_of(manifest, {}).stacks, (Folders{"/tmp/of the run"}));
  EXPECT_EQ(places_of(manifest, {.stacks = {"/tmp/x/../of the run"}}).stacks,
            (Folders{"/tmp/x/../of the run"}));
}

}  // namespace
}  // namespace unrig::cli
