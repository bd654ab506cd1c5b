#include "cli/resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/request.h"
#include "plan/cells.h"

namespace unrig::cli {
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

TEST(Resume, MakesTheSamePlanAgain) {
  const RunOptions options = options_of(stored(), {.stacks = {"other"}, .audit = true});
  EXPECT_EQ(options.stacks, std::vector<std::string>{"flask-gunicorn@2020"});
  EXPECT_EQ(options.set, std::vector<std::string>{"db.delay=\"10ms\""});
  EXPECT_EQ(options.scenario, "better-sync");
  EXPECT_EQ(options.blocks, 5);
  EXPECT_EQ(options.duration, 2500ms);
  EXPECT_EQ(options.seed, 7u);
  EXPECT_TRUE(options.audit);
}

TEST(Resume, ADoubleOfTheBaselineIsPlannedAgain) {
  record::Manifest manifest = stored();
  EXPECT_FALSE(options_of(manifest, {.noise_floor = true}).noise_floor);
  manifest.cells.push_back(manifest.cells.front());
  manifest.cells.back() = plan::double_of(manifest.cells.back());
  const RunOptions options = options_of(manifest, {});
  EXPECT_EQ(options.stacks, std::vector<std::string>{"flask-gunicorn@2020"});
  EXPECT_TRUE(options.noise_floor);
}

TEST(Resume, NumbersOfWorkersAreTriedAgain) {
  record::Manifest manifest = stored();
  manifest.cells.push_back(manifest.cells.front());
  manifest.cells.back().workers = 14;
  manifest.cells.front().label = manifest.baseline = "flask-gunicorn workers=7";
  manifest.cells.back().label = "flask-gunicorn workers=14";
  for (auto& cell : manifest.cells) {
    cell.role = record::Role::grid_step;
    cell.knobs = {{"workers.sync", std::to_string(cell.workers)}};
  }
  const RunOptions options = options_of(manifest, {});
  EXPECT_TRUE(options.tune);
  EXPECT_FALSE(options.noise_floor);
  EXPECT_EQ(options.stacks, std::vector<std::string>{"flask-gunicorn@2020"});
  EXPECT_EQ(options.workers, (std::vector<int>{7, 14}));
  EXPECT_EQ(options.baseline, "") << "it is the scenario's own number";
}

TEST(Resume, AsksNoScenarioFile) {
  scenario::Scenario all;
  ASSERT_TRUE(scenario::set_from_text(all, "db.delay=7ms"));
  ASSERT_TRUE(scenario::set_from_text(all, "clients=12"));
  record::Manifest manifest = stored();
  manifest.scenario = "a-file-that-is-gone";
  manifest.knobs.clear();
  for (const auto& knob : scenario::knobs()) manifest.knobs.emplace_back(knob.name, knob.get(all));
  manifest.cells[0].vintage = "2026";
  manifest.cells[0].workers = 5;  // as that file had it for this stack alone
  const RunOptions options = options_of(manifest, {});
  const auto request = read_request({}, options, {0, 1});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->scenario.name, "a-file-that-is-gone");
  for (const auto& knob : scenario::knobs()) {
    EXPECT_EQ(knob.get(request->scenario), knob.get(all)) << knob.name;
  }
  ASSERT_EQ(request->cells.size(), 1u);
  EXPECT_EQ(request->cells[0].workers, 5);
  EXPECT_FALSE(read_request({}, {.scenario = manifest.scenario}, {0, 1}))
      << "a new run asks for it";
}

TEST(Resume, HasItsOwnFoldersOfStacksAndInterpreter) {
  record::Manifest manifest = stored();
  manifest.stack_folders = {"/tmp/of the run"};
  manifest.python = "/opt/python3";
  EXPECT_EQ(options_of(manifest, {}).python, "/opt/python3");
  EXPECT_EQ(options_of(manifest, {.python = "/mine"}).python, "/mine");
  using Folders = std::vector<std::filesystem::path>;
  EXPECT_EQ(places_of(manifest, {}).stacks, (Folders{"/tmp/of the run"}));
  EXPECT_EQ(places_of(manifest, {.stacks = {"/tmp/x/../of the run"}}).stacks,
            (Folders{"/tmp/x/../of the run"}));
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
  record::Manifest workers = stored();
  workers.cells[0].workers = 9;
  EXPECT_EQ(check_same_ground(stored(), workers).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace unrig::cli
