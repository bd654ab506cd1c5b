#include "campaign/task.h"

#include <gtest/gtest.h>

#include "base/played_clock.h"
#include "plan/cells.h"

namespace unrig::campaign {
namespace {

using namespace std::chrono_literals;

Task asked_for() {
  return {.scenario = "article",
          .knobs = {{"clients", "100"}},
          .cells = {{.stack = "a", .label = "a"}, {.stack = "b", .label = "b"}},
          .baseline = "b",
          .seed = 0x12345,
          .blocks = 4,
          .phases = {.warmup = 500ms, .duration = 3s, .warmup_most = 8s},
          .patience = 9s,
          .gates = {"p99 < 1s"},
          .unrig_version = "1.2",
          .command_line = {"unrig", "run"},
          .stack_folders = {"/more"},
          .python = "/python"};
}

TEST(Manifest, HasAllThatWasAskedFor) {
  const auto manifest = manifest_of(asked_for(), {.hostname = "here"}, WallTime(36h));
  EXPECT_EQ(manifest.run, "19700102-120000-2345");
  EXPECT_EQ(manifest.started_at, "1970-01-02T12:00:00Z");
  EXPECT_EQ(manifest.unrig_version, "1.2");
  EXPECT_EQ(manifest.command_line.size(), 2U);
  EXPECT_EQ(manifest.seed, 0x12345U);
  EXPECT_EQ(manifest.blocks, 4);
  EXPECT_EQ(manifest.warmup_seconds, 0.5);
  EXPECT_EQ(manifest.duration_seconds, 3);
  EXPECT_EQ(manifest.warmup_most_seconds, 8);
  EXPECT_EQ(manifest.scenario, "article");
  EXPECT_EQ(manifest.knobs, asked_for().knobs);
  EXPECT_EQ(manifest.host.hostname, "here");
  EXPECT_EQ(manifest.stack_folders, asked_for().stack_folders);
  EXPECT_EQ(manifest.python, "/python");
  EXPECT_EQ(manifest.patience_seconds, 9);
  EXPECT_EQ(manifest.confirmation_blocks, 10);
  EXPECT_TRUE(manifest.confirms_until_precise);
  EXPECT_EQ(manifest.gates_asked, asked_for().gates);
  EXPECT_EQ(manifest.baseline, "b");
  EXPECT_EQ(manifest.cells.size(), 2U);
}

TEST(Manifest, OfWhatMayChangeHasWhatIsAskedForNow) {
  record::Manifest stored = manifest_of(asked_for(), {}, {});
  Task now = asked_for();
  now.fresh_blocks = 2;
  now.accept_noise = true;
  now.accept_unproven = true;
  now.blocks = 99;
  now.gates = {"failed = 0"};
  set_conduct(now, stored);
  EXPECT_EQ(stored.gates_asked, now.gates);
  EXPECT_EQ(stored.confirmation_blocks, 2);
  EXPECT_FALSE(stored.confirms_until_precise);
  EXPECT_TRUE(stored.accept_noise);
  EXPECT_TRUE(stored.accept_unproven);
  EXPECT_EQ(stored.blocks, 4);
}

TEST(Conduct, FollowsTheTaskAndItsBudgetBeginsNow) {
  PlayedClock clock;
  Task task = asked_for();
  task.budget = 1h;
  const auto conduct = conduct_of(task, clock);
  EXPECT_EQ(conduct.rule.blocks, 4);
  EXPECT_FALSE(conduct.rule.confirms_baseline);
  EXPECT_EQ(conduct.phases.duration, 3s);
  EXPECT_EQ(conduct.patience, 9s);
  EXPECT_EQ(conduct.deadline, clock.now() + 1h);
}

TEST(Conduct, OfNumbersOfWorkersConfirmsTheBestAgainstTheBaseline) {
  Task task = asked_for();
  for (auto& cell : task.cells) {
    cell.stack = "a";
    cell.concurrency = "sync";
    cell.role = record::Role::grid_step;
  }
  task.cells[0].knobs = {{"workers.sync", "3"}};
  EXPECT_TRUE(conduct_of(task, PlayedClock()).rule.confirms_baseline);
}

TEST(Conduct, ADoubleIsNothingToConfirm) {
  Task task = asked_for();
  const int two = expected_trials(task);
  EXPECT_EQ(two, 4 * 2);
  task.cells.push_back(plan::double_of(task.cells[1]));
  EXPECT_EQ(expected_trials(task), 4 * 3);
}

}  // namespace
}  // namespace unrig::campaign
