#include "campaign/resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::campaign {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

record::Manifest stored() {
  record::Manifest m;
  m.seed = 7;
  m.blocks = 5;
  m.warmup_seconds = 1;
  m.duration_seconds = 2.5;
  m.scenario = "better-sync";
  m.knobs = {{"db.delay", "\"10ms\""}};
  m.baseline = "flask-gunicorn";
  m.host = {.kernel = "6.1", .cpu_model = "Some", .cores = 2};
  m.cells = {{.stack = "flask-gunicorn",
              .vintage = "2020",
              .hash = "aa",
              .lock = "bb",
              .workers = 7,
              .label = "flask-gunicorn"}};
  return m;
}

TEST(Resume, IsThePlanOfTheStoredRun) {
  Task given{.seed = 99, .patience = 5s, .command_line = {"unrig"}, .python = ""};
  record::Manifest manifest = stored();
  manifest.python = "/opt/python3";
  manifest.warmup_most_seconds = 9;
  const Task task = task_of(manifest, given);
  EXPECT_EQ(task.scenario, "better-sync");
  EXPECT_EQ(task.knobs, manifest.knobs);
  ASSERT_EQ(task.cells.size(), 1U);
  EXPECT_EQ(task.cells[0].label, "flask-gunicorn");
  EXPECT_EQ(task.baseline, "flask-gunicorn");
  EXPECT_EQ(task.blocks, 5);
  EXPECT_EQ(task.phases.duration, 2500ms);
  EXPECT_EQ(task.phases.warmup_most, 9s);
  EXPECT_EQ(task.seed, 7U);
  EXPECT_EQ(task.python, "/opt/python3");
  EXPECT_EQ(task.patience, 5s) << "may be given anew";
  EXPECT_EQ(task.command_line, given.command_line);
  given.python = "/mine";
  EXPECT_EQ(task_of(manifest, given).python, "/mine");
}

TEST(Resume, GatesAreThoseOfTheRunUnlessSomeAreAskedFor) {
  record::Manifest manifest = stored();
  manifest.gates_asked = {"p99 < 1s"};
  EXPECT_EQ(task_of(manifest, {}).gates, manifest.gates_asked);
  const std::vector<std::string> given{"failed = 0"};
  EXPECT_EQ(task_of(manifest, {.gates = given}).gates, given);
}

TEST(Resume, FreshBlocksAreThoseOfTheRunUnlessSomeAreAskedFor) {
  record::Manifest manifest = stored();
  EXPECT_EQ(task_of(manifest, {}).fresh_blocks, 3) << "of runs that do not say how many";
  manifest.confirmation_blocks = 0;
  EXPECT_EQ(task_of(manifest, {}).fresh_blocks, 0);
  manifest.confirms_until_precise = true;
  EXPECT_FALSE(task_of(manifest, {}).fresh_blocks);
  EXPECT_EQ(task_of(manifest, {.fresh_blocks = 4}).fresh_blocks, 4);
}

TEST(Resume, OfURLsIsRefused) {
  record::Manifest manifest = stored();
  manifest.cells[0].stack = "http://127.0.0.1:8001/";
  EXPECT_EQ(check_resumable(manifest).error().kind, ErrorKind::usage);
  EXPECT_TRUE(check_resumable(stored()));
}

TEST(Resume, ComparesEveryProgramThatServes) {
  record::Manifest then = stored();
  then.versions = {{"nginx", "1.22"}, {"postgresql", "15.1"}, {"services' folder", "/a"}};
  record::Manifest now = then;
  now.versions[2].second = "/b";
  now.versions.emplace_back("python@2020", "3.11");
  EXPECT_TRUE(check_same_ground(then, now))
      << "a folder is no version, and one more is none's loss";
  now.versions[0].second = "1.23";
  now.versions.erase(now.versions.begin() + 1);
  const auto refused = check_same_ground(then, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what,
            "the run cannot go on: the version of nginx was 1.22 and is now 1.23; "
            "the version of postgresql was 15.1 and is now not there");
}

TEST(Resume, NamesTheDifferences) {
  EXPECT_TRUE(check_same_ground(stored(), stored()));
  record::Manifest kernel = stored();
  kernel.host.kernel = "6.2";
  EXPECT_THAT(check_same_ground(stored(), kernel).error().what,
              HasSubstr("the kernel was 6.1 and is now 6.2"));
  record::Manifest cores = stored();
  cores.host.cores = 4;
  EXPECT_FALSE(check_same_ground(stored(), cores));
  record::Manifest stack = stored();
  stack.cells[0].hash = "cc";
  EXPECT_THAT(check_same_ground(stored(), stack).error().what,
              HasSubstr("the stack flask-gunicorn was aa"));
  record::Manifest lock = stored();
  lock.cells[0].lock = "cc";
  EXPECT_THAT(check_same_ground(stored(), lock).error().what, HasSubstr("the lock of"));
}

}  // namespace
}  // namespace unrig::campaign
