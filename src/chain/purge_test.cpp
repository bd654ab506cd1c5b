#include "chain/purge.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/testing_folder.h"
#include "host/folders.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;
using ::testing::UnorderedElementsAre;

class PurgeTest : public FolderTest {
 protected:
  PurgeTest() {
    for (const auto name :
         {"home/environments/a/x", "home/cache/x", "home/scratch/x", "home/database/x",
          "home/logs/x", "home/reports/x", "home/unrig.db", "home/notes"})
      write(name, std::string(1000, 'x'));
  }
  /// What goes, as "results unrig.db 1000".
  [[nodiscard]] std::vector<std::string> purged(const PurgeChoice& choice) const {
    const auto found = purge(home_, choice);
    EXPECT_TRUE(found) << found.error().what;
    std::vector<std::string> all;
    for (const auto& each : *found) {
      all.push_back(fmt::format("{} {} {}", each.what, each.path.filename().string(), each.bytes));
      EXPECT_EQ(fs::exists(each.path), choice.only_look);
    }
    return all;
  }
  fs::path home_ = fs::canonical(folder()) / "home";
};

TEST_F(PurgeTest, EachChoiceTakesItsOwnAndSaysWhatItWeighed) {
  for (const bool only_look : {true, false}) {
    EXPECT_THAT(purged({.environments = true, .only_look = only_look}),
                UnorderedElementsAre("environments environments 1000", "environments cache 1000",
                                     "environments scratch 1000"));
  }
  EXPECT_THAT(
      purged({.results = true}),
      UnorderedElementsAre("results unrig.db 1000", "results logs 1000", "results reports 1000"));
  EXPECT_THAT(purged({.database = true, .environments = true, .results = true}),
              UnorderedElementsAre("database database 1000"));
  EXPECT_TRUE(fs::exists(home_ / "notes")) << "not unrig's";
}

TEST_F(PurgeTest, WhatLinksNameStays) {
  const auto outside = write("outside/mine", "x").parent_path();
  fs::remove_all(home_ / "cache");
  fs::create_directory_symlink(outside, home_ / "cache");
  EXPECT_EQ(purged({.environments = true}).size(), 3u);
  EXPECT_TRUE(fs::exists(outside / "mine"));
  EXPECT_FALSE(fs::is_symlink(home_ / "cache"));
}

TEST(PurgeCommand, CanBeTypedWhateverTheHomeIsCalled) {
  EXPECT_EQ(purge_command("/srv/a-b"), "unrig purge --database --home /srv/a-b");
  EXPECT_EQ(purge_command("/my home"), "unrig purge --database --home '/my home'");
  EXPECT_EQ(purge_command("/o'er"), "unrig purge --database --home '/o'\\''er'");
}

TEST_F(PurgeTest, AHomeInUseOrOfNobodyIsLeftAlone) {
  const auto lock = host::lock_home(home_);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(purge(home_, {.results = true}));
  EXPECT_TRUE(fs::exists(home_ / "unrig.db"));
  EXPECT_FALSE(purge(folder() / "none", {.results = true}));
  EXPECT_FALSE(fs::exists(folder() / "none"));
}

}  // namespace
}  // namespace unrig::chain
