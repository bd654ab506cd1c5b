#include "host/facts.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "base/file.h"

namespace unrig::host {
namespace {

using ::testing::Contains;
using ::testing::Pair;

TEST(CoreMhz, IsThatOfTheFastestCore) {
  std::string folder = (std::filesystem::temp_directory_path() / "unrig-mhz-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_FALSE(core_mhz(folder));
  for (const auto& [policy, khz] : {std::pair{"policy0", "1200000\n"}, {"policy1", "3400500\n"}}) {
    const auto path = std::filesystem::path(folder) / policy;
    ASSERT_TRUE(make_folder(path));
    ASSERT_TRUE(write_file(path / "scaling_cur_freq", khz));
  }
  EXPECT_EQ(core_mhz(folder), 3400.5);
  EXPECT_FALSE(core_mhz(folder + "/none"));
  std::filesystem::remove_all(folder);
}

TEST(Facts, AreThoseOfThisMachine) {
  const Facts all = facts();
  EXPECT_FALSE(all.hostname.empty());
  EXPECT_FALSE(all.os.empty());
  EXPECT_FALSE(all.kernel.empty());
  EXPECT_GE(all.cores, 1);
  EXPECT_GE(all.memory_bytes, 1 << 26);
  EXPECT_THAT(all.settings, Contains(Pair("net.core.somaxconn", ::testing::Ne("0"))));
  EXPECT_THAT(all.settings, Contains(Pair("kernel.randomize_va_space", ::testing::Ne(""))));
  EXPECT_THAT(all.settings, ::testing::Not(Contains(Pair(::testing::_, ""))));
  EXPECT_THAT(all.settings, Contains(Pair("landlock", ::testing::MatchesRegex("none|[0-9]+"))));
  EXPECT_GT(all.open_files.value_or(0), 0);
  EXPECT_GT(all.memory_available_bytes.value_or(0), 0);
  EXPECT_LE(*all.memory_available_bytes, all.memory_bytes);
  EXPECT_GE(all.time_wait.value_or(-1), 0);
  EXPECT_GE(all.quota_cpus.value_or(0), 0);
}

TEST(Facts, HaveSettingsByName) {
  const Facts facts{.settings = {{"a", "1"}, {"b", "2"}}};
  EXPECT_EQ(facts.setting("b"), "2");
  EXPECT_EQ(facts.setting("c"), "");
}

TEST(FreeBytes, AreThoseOfTheFirstFolderThatIsThere) {
  const auto there = free_bytes(std::filesystem::temp_directory_path());
  ASSERT_TRUE(there);
  EXPECT_GT(*there, 0);
  EXPECT_TRUE(free_bytes(std::filesystem::temp_directory_path() / "not/there/yet"));
}

}  // namespace
}  // namespace unrig::host
