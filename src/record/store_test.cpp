#include "record/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/file.h"
#include "record/json.h"

namespace unrig::record {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Manifest manifest(const std::string& name) {
    Manifest m;
    m.run = name;
    m.started_at = "2026-11-24T10:00:00Z";
    m.scenario = "article";
    m.knobs = {{"db.delay", "\"20ms\""}};
    m.cells.push_back({.stack = "flask-gunicorn", .vintage = "2026", .label = "flask-gunicorn"});
    return m;
  }
  static Trial trial(int block, bool valid) {
    Trial t;
    t.stack = "flask-gunicorn";
    t.block = block;
    if (!valid) t.verdict.reject("planted");
    return t;
  }
  fs::path folder_;
};

TEST_F(StoreTest, KeepsRunsAndTrialsInOrder) {
  {
    auto store = Store::open(folder_ / "unrig.db");
    ASSERT_TRUE(store) << store.error().what;
    ASSERT_TRUE(store->add_run(manifest("20261124-100000-0001")));
    ASSERT_TRUE(store->add_trial("20261124-100000-0001", trial(2, true)));
    ASSERT_TRUE(store->add_trial("20261124-100000-0001", trial(1, false)));
    ASSERT_TRUE(store->add_run(manifest("20261124-110000-0002")));
  }
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  const auto lines = store->list();
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(0).trials, 2);
  EXPECT_EQ(lines->at(0).valid_trials, 1);
  EXPECT_EQ(lines->at(1).trials, 0);
  const auto run = store->read("20261124-10");
  ASSERT_TRUE(run) << run.error().what;
  ASSERT_EQ(run->trials.size(), 2u);
  EXPECT_EQ(run->trials[0].block, 2);
  EXPECT_EQ(dump(to_json(run->manifest)), dump(to_json(manifest("20261124-100000-0001"))));
  EXPECT_EQ(store->read("last")->manifest.run, "20261124-110000-0002");
}

TEST_F(StoreTest, ReadingNeedsNoRightToWriteAndMakesNothing) {
  const auto none = Store::open_to_read(folder_ / "missing" / "unrig.db");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->list()->empty());
  EXPECT_FALSE(fs::exists(folder_ / "missing"));
  const auto file = folder_ / "unrig.db";
  {
    auto store = Store::open(file);
    ASSERT_TRUE(store && store->add_run(manifest("20261124-100000-0001")));
  }
  auto reader = Store::open_to_read(file);
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(reader->list()->size(), 1u);
  EXPECT_FALSE(reader->add_run(manifest("20261124-100000-0002")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(StoreTest, NamesThatFitNoRunOrSeveralAreUsageErrors) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  EXPECT_FALSE(store->read("last"));
  ASSERT_TRUE(store->add_run(manifest("20261124-100000-0001")));
  ASSERT_TRUE(store->add_run(manifest("20261124-110000-0002")));
  const auto several = store->read("20261124");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().kind, ErrorKind::usage);
  const auto wrong = store->read("20261124-100000-0011");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().help, "did you mean '20261124-100000-0001'?");
}

TEST_F(StoreTest, LastIsTheOneThatWasAddedLastWhateverTheClockSaid) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->add_run(manifest("20261124-110000-0001")));
  ASSERT_TRUE(store->add_run(manifest("20201124-110000-0002")));
  EXPECT_EQ(store->read("last")->manifest.run, "20201124-110000-0002");
  EXPECT_EQ(store->list()->back().run, "20201124-110000-0002");
}

TEST_F(StoreTest, ADamagedManifestHidesNoOtherRun) {
  const auto file = folder_ / "unrig.db";
  auto store = Store::open(file);
  ASSERT_TRUE(store);
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store->add_run(manifest(name)));
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw, "UPDATE run SET manifest = '{broken' WHERE name = 'b'", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(raw);
  const auto lines = store->list();
  ASSERT_TRUE(lines) << lines.error().what;
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ((*lines)[1].run, "b");
  EXPECT_FALSE((*lines)[1].damage.empty());
  EXPECT_TRUE((*lines)[0].damage.empty() && (*lines)[2].damage.empty());
  EXPECT_TRUE(store->read("c"));
  const auto broken = store->read("b");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().what.starts_with("the run b is damaged: ")) << broken.error().what;
}

TEST_F(StoreTest, ATrialNeedsItsRunAndARunItsOwnName) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  EXPECT_FALSE(store->add_trial("missing", trial(1, true)));
  ASSERT_TRUE(store->add_run(manifest("a")));
  EXPECT_FALSE(store->add_run(manifest("a")));
}

TEST_F(StoreTest, AForeignFileIsAnEnvironmentErrorAndStaysAsItWas) {
  ASSERT_TRUE(write_file(folder_ / "unrig.db", std::string(4096, 'x')));
  const auto store = Store::open(folder_ / "unrig.db");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::environment);
  EXPECT_EQ(read_file(folder_ / "unrig.db").value(), std::string(4096, 'x'));
  EXPECT_FALSE(Store::open(folder_ / "no" / "such" / "folder.db"));
}

TEST_F(StoreTest, FindsEarlierRunsThatAreWanted) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  for (const char* name : {"20261124-1", "20261124-2", "20261124-3", "20261124-4"}) {
    Manifest m = manifest(name);
    if (m.run.back() == '2') m.knobs[0].second = "0";
    ASSERT_TRUE(store->add_run(m));
    ASSERT_TRUE(store->add_trial(name, trial(1, true)));
  }
  const auto found = store->before(manifest("20261124-4"), [](const Manifest& m) {
    return m.knobs == Pairs{{"db.delay", "\"20ms\""}};
  });
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).manifest.run, "20261124-3") << "the newest first, and not itself";
  EXPECT_EQ(found->at(1).manifest.run, "20261124-1");
  EXPECT_EQ(found->at(1).trials.size(), 1u);
}

}  // namespace
}  // namespace unrig::record
