#include "experiment/keeping.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <optional>

#include "base/played_clock.h"

namespace unrig::experiment {
namespace {

namespace fs = std::filesystem;

class KeepingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-keeping-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_.emplace(record::Store::open(folder_ / "unrig.db").value());
    run_.manifest.run = "test";
    ASSERT_TRUE(store_->add_run(run_.manifest));
  }
  ~KeepingTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  void add_trial(const std::string& label) {
    record::Trial trial;
    trial.label = trial.stack = label;
    trial.histograms = {.response = label, .service = "", .issue_delay = ""};
    run_.trials.push_back(trial);
  }
  /// Without its table the store takes no trial.
  void rename(const char* from, const char* to) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "unrig.db").c_str(), &raw), SQLITE_OK);
    const std::string sql = std::string("ALTER TABLE ") + from + " RENAME TO " + to;
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(raw);
  }
  std::vector<std::string> stored() {
    std::vector<std::string> labels;
    const record::Run run = store_->read("test").value();
    for (const auto& trial : run.trials) labels.push_back(trial.label);
    return labels;
  }

  fs::path folder_;
  std::optional<record::Store> store_;
  record::Run run_;
  PlayedClock clock_;
};

using Labels = std::vector<std::string>;

TEST_F(KeepingTest, WhatTheStoreRefusedComesBeforeTheNextTrial) {
  Keeping keeping(run_, *store_);
  add_trial("first");
  EXPECT_TRUE(keeping.trial_added());
  rename("trial", "hidden");
  add_trial("second");
  EXPECT_FALSE(keeping.trial_added());
  EXPECT_EQ(keeping.waiting(), 1u);
  rename("hidden", "trial");
  add_trial("third");
  EXPECT_TRUE(keeping.trial_added());
  EXPECT_EQ(stored(), (Labels{"first", "second", "third"}));
}

TEST_F(KeepingTest, ATrialKeepsItsHistogramsUntilTheyAreStored) {
  Keeping keeping(run_, *store_);
  rename("histograms", "hidden");
  add_trial("first");
  EXPECT_FALSE(keeping.trial_added());
  EXPECT_TRUE(run_.trials[0].histograms);
  rename("hidden", "histograms");
  add_trial("second");
  EXPECT_TRUE(keeping.trial_added());
  EXPECT_FALSE(run_.trials[0].histograms || run_.trials[1].histograms);
  EXPECT_EQ((*store_->histograms("test", 1))->response, "first");
  EXPECT_EQ((*store_->histograms("test", 2))->response, "second");
}

TEST_F(KeepingTest, AStoreThatComesBackGetsEverythingAtTheEnd) {
  Keeping keeping(run_, *store_);
  rename("trial", "hidden");
  add_trial("first");
  EXPECT_FALSE(keeping.trial_added());
  run_.manifest.baseline = "changed";
  EXPECT_FALSE(keeping.manifest_changed());
  int sleeps = 0;
  clock_.on_sleep = [&] {
    if (++sleeps == 3) rename("hidden", "trial");
  };
  EXPECT_TRUE(keeping.finish(clock_, std::chrono::seconds(10)));
  EXPECT_EQ(sleeps, 3);
  EXPECT_EQ(stored(), Labels{"first"});
  EXPECT_EQ(store_->read("test")->manifest.baseline, "changed");
}

TEST_F(KeepingTest, WhatIsStillUnsavedAtTheEndIsSaid) {
  Keeping keeping(run_, *store_);
  rename("trial", "hidden");
  add_trial("first");
  EXPECT_FALSE(keeping.trial_added());
  const auto finished = keeping.finish(clock_, std::chrono::seconds(10));
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::environment);
  EXPECT_NE(finished.error().what.find("1 of 1 trials"), std::string::npos);
}

}  // namespace
}  // namespace unrig::experiment
