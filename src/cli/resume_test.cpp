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

TEST(Resume, IsMeasuredAsItWas) {
  const RunOptions options = options_of(stored(), {.audit = true});
  EXPECT_EQ(options.blocks, 5);
  EXPECT_EQ(options.duration, 2500ms);
  EXPECT_EQ(options.seed, 7u);
  EXPECT_TRUE(options.audit);
}

TEST(Resume, ItsCellsAreThePlanAndNoScenarioFileIsAsked) {
  scenario::Scenario all;
  ASSERT_TRUE(scenario::set_from_text(all, "db.delay=7ms"));
  ASSERT_TRUE(scenario::set_from_text(all, "clients=12"));
  record::Manifest manifest = stored();
  manifest.scenario = "a-file-that-is-gone";
  manifest.knobs.clear();
  for (const auto& knob : scenario::knobs()) manifest.knobs.emplace_back(knob.name, knob.get(all));
  manifest.cells[0].vintage = "2026";
  manifest.cells[0].workers = 5;  // as that file had it for this stack alone
  manifest.cells[0].role = record::Role::grid_step;
  manifest.cells[0].knobs = {{"db.delay", "\"3ms\""}};
  manifest.cells.push_back(plan::double_of(manifest.cells[0]));
  const auto request = request_of(manifest, {}, {0, 1});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->scenario.name, "a-file-that-is-gone");
  for (const auto& knob : scenario::knobs()) {
    EXPECT_EQ(knob.get(request->scenario), knob.get(all)) << knob.name;
  }
  ASSERT_EQ(request->cells.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(request->cells[i].label, manifest.cells[i].label);
    EXPECT_EQ(request->cells[i].workers, 5);
    EXPECT_EQ(request->cells[i].role, manifest.cells[i].role);
    EXPECT_EQ(request->cells[i].knobs, manifest.cells[i].knobs);
    EXPECT_NE(request->cells[i].hash, "aa") << "of today's files";
  }
  EXPECT_EQ(request->baseline, manifest.baseline);
  EXPECT_FALSE(read_request({}, {.scenario = manifest.scenario}, {0, 1}))
      << "a new run asks for it";
}

TEST(Resume, AStackThatIsGoneIsAnError) {
  record::Manifest manifest = stored();
  manifest.cells[0].stack = "of-yesterday";
  EXPECT_EQ(request_of(manifest, {}, {0, 1}).error().kind, ErrorKind::usage);
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
}

}  // namespace
}  // namespace unrig::cli
