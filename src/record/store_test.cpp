#include "record/store.h"

#include <gtest/gtest.h>

#include "base/deflate.h"
#include "base/file.h"
#include "record/json.h"
#include "record/testing.h"
#include "stats/hlog.h"

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

TEST_F(StoreTest, LastIsNotASearchThatCameBeforeARun) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->add_run(manifest("20261124-100000-0001")));
  Manifest search = manifest("20261124-110000-0002");
  search.search = true;
  ASSERT_TRUE(store->add_run(search));
  EXPECT_EQ(store->read("last")->manifest.run, "20261124-100000-0001");
  EXPECT_EQ(store->read("20261124-11")->manifest.run, "20261124-110000-0002");
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
  execute_sql(file, "UPDATE run SET manifest = '{broken' WHERE name = 'b'");
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

TEST_F(StoreTest, KeepsTheHistogramsOfATrialBesideIt) {
  stats::Histogram times;
  times.record(std::chrono::milliseconds(20), 7);
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store && store->add_run(manifest("a")) && store->add_run(manifest("b")));
  Trial with = trial(1, true);
  with.histograms = {.response = stats::pack_histogram(times), .service = "s", .issue_delay = "i"};
  ASSERT_TRUE(store->add_trial("a", trial(1, true)));
  ASSERT_TRUE(store->add_trial("b", trial(1, true)));
  ASSERT_TRUE(store->add_trial("a", with));
  const auto kept = store->histograms("a", 2);
  ASSERT_TRUE(kept) << kept.error().what;
  ASSERT_TRUE(*kept);
  EXPECT_EQ(stats::unpack_histogram((*kept)->response)->count(), 7U);
  EXPECT_EQ((*kept)->service, "s");
  EXPECT_EQ((*kept)->issue_delay, "i");
  EXPECT_FALSE(*store->histograms("a", 1)) << "kept without";
  EXPECT_FALSE(*store->histograms("b", 2)) << "there is no such trial";
  EXPECT_FALSE(store->read("a")->trials[1].histograms) << "they stay where they are";
}

TEST_F(StoreTest, KnowsWhatATrialTakesWithItsHistograms) {
  auto store = Store::open(folder_ / "unrig.db");
  ASSERT_TRUE(store && store->add_run(manifest("a")));
  EXPECT_FALSE(*store->bytes_of_a_trial()) << "there is none";
  ASSERT_TRUE(store->add_trial("a", trial(1, true)));
  const std::int64_t bare = store->bytes_of_a_trial()->value();
  EXPECT_EQ(bare, std::ssize(deflated(dump(to_json(trial(1, true))))));
  Trial with = trial(1, true);
  with.histograms = {.response = std::string(3000, 'r'),
                     .service = std::string(200, '\0'),
                     .issue_delay = std::string(10, 'i')};
  ASSERT_TRUE(store->add_trial("a", with));
  EXPECT_EQ(store->bytes_of_a_trial()->value(), bare + 3210 / 2);
  for (int block = 3; block <= 102; ++block) ASSERT_TRUE(store->add_trial("a", trial(1, true)));
  EXPECT_EQ(store->bytes_of_a_trial()->value(), bare) << "of the last hundred";
}

TEST_F(StoreTest, ATrialWhoseHistogramsAreRefusedIsNotKeptByHalf) {
  const auto file = folder_ / "unrig.db";
  auto store = Store::open(file);
  ASSERT_TRUE(store && store->add_run(manifest("a")));
  execute_sql(file, "ALTER TABLE histograms RENAME TO hidden");
  Trial with = trial(1, true);
  with.histograms = Histograms{};
  const auto refused = store->add_trial("a", with);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.ends_with("no such table: histograms")) << refused.error().what;
  EXPECT_TRUE(store->read("a")->trials.empty());
  execute_sql(file, "ALTER TABLE hidden RENAME TO histograms");
  EXPECT_TRUE(store->add_trial("a", with));
}

TEST_F(StoreTest, ATrialThatCannotBeUnpackedIsDamage) {
  const auto file = folder_ / "unrig.db";
  auto store = Store::open(file);
  ASSERT_TRUE(store && store->add_run(manifest("a")) && store->add_trial("a", trial(1, true)));
  execute_sql(file, "UPDATE trial SET record = x'00'");
  const auto broken = store->read("a");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().what.starts_with("the run a is damaged: ")) << broken.error().what;
}

constexpr const char* interrupted = "20261127-023507-3ea3";

TEST_F(StoreTest, ReadsAnEarlierFormatWithoutChangingIt) {
  const auto file = folder_ / "unrig.db";
  make_store_of_format_1(file);
  const auto before = read_file(file);
  const auto store = Store::open_to_read(file);
  ASSERT_TRUE(store) << store.error().what;
  EXPECT_EQ(store->list()->size(), 3U);
  const auto run = store->read(interrupted);
  ASSERT_TRUE(run) << run.error().what;
  EXPECT_EQ(run->trials.size(), 5U);
  EXPECT_EQ(run->trials[3].label, "starlette-uvicorn");
  const auto histograms = store->histograms(interrupted, 1);
  ASSERT_TRUE(histograms) << histograms.error().what;
  EXPECT_FALSE(*histograms);
  EXPECT_GT(store->bytes_of_a_trial()->value(), 1000);
  EXPECT_EQ(read_file(file).value(), before.value());
}

TEST_F(StoreTest, BringsAnEarlierFormatToItsOwn) {
  const auto file = folder_ / "unrig.db";
  make_store_of_format_1(file);
  auto store = Store::open(file);
  ASSERT_TRUE(store) << store.error().what;
  Trial with = trial(3, true);
  with.histograms = {.response = "r", .service = "s", .issue_delay = "i"};
  ASSERT_TRUE(store->add_trial(interrupted, with));
  const auto reopened = Store::open_to_read(file);
  ASSERT_TRUE(reopened) << reopened.error().what;
  EXPECT_EQ(reopened->read(interrupted)->trials.size(), 6U);
  EXPECT_FALSE(*reopened->histograms(interrupted, 5)) << "was kept without";
  EXPECT_EQ((*reopened->histograms(interrupted, 6))->service, "s");
}

TEST_F(StoreTest, AStoreThatCannotBeBroughtToItsFormatStaysAsItWas) {
  const auto file = folder_ / "unrig.db";
  make_store_of_format_1(file);
  execute_sql(file, "CREATE TABLE histograms (other)");
  const auto before = read_file(file);
  EXPECT_FALSE(Store::open(file));
  EXPECT_EQ(read_file(file).value(), before.value());
  EXPECT_EQ(Store::open_to_read(file)->read(interrupted)->trials.size(), 5U);
}

TEST_F(StoreTest, TheFormatOfANewerVersionIsRefused) {
  const auto file = folder_ / "unrig.db";
  ASSERT_TRUE(Store::open(file));
  execute_sql(file, "PRAGMA user_version = 3");
  for (const bool to_write : {true, false}) {
    const auto store = to_write ? Store::open(file) : Store::open_to_read(file);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::environment);
    EXPECT_TRUE(store.error().what.ends_with("has format 3, this unrig knows those up to 2"));
    EXPECT_TRUE(store.error().help.starts_with("use the newer unrig")) << store.error().help;
  }
}

}  // namespace
}  // namespace unrig::record
