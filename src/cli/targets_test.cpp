#include "cli/targets.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

class Targets : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-targets-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  static Result<> check(const fs::path& json, const fs::path& hgrm, const fs::path& hlog = {}) {
    const std::vector<Target> targets{{"--json", json}, {"--hgrm", hgrm}, {"--hlog", hlog}};
    return check_targets(targets);
  }
  fs::path folder_;
};

TEST_F(Targets, OneFileIsWrittenByOneOption) {
  ASSERT_TRUE(write_file(folder_ / "there", ""));
  fs::create_symlink(folder_ / "there", folder_ / "link");
  fs::create_hard_link(folder_ / "there", folder_ / "other-name");
  const std::pair<fs::path, fs::path> same[] = {{folder_ / "x", folder_ / "x"},
                                                {folder_ / "x", folder_ / "." / "x"},
                                                {folder_ / "there", folder_ / "link"},
                                                {folder_ / "there", folder_ / "other-name"},
                                                {"-", "-"}};
  for (const auto& [one, other] : same) {
    const auto checked = check(one, other);
    ASSERT_FALSE(checked) << one << other;
    EXPECT_EQ(checked.error().kind, ErrorKind::usage);
    EXPECT_TRUE(checked.error().what.starts_with("--json and --hgrm both write"));
    EXPECT_FALSE(check({}, one, other));
  }
}

TEST_F(Targets, DifferentFilesDevicesAndNothingAreFine) {
  EXPECT_TRUE(check(folder_ / "x", folder_ / "y", folder_ / "z"));
  EXPECT_TRUE(check("/dev/null", "/dev/null", "/dev/null"));
  EXPECT_TRUE(check("-", folder_ / "y"));
  EXPECT_TRUE(check({}, {}, {}));
  EXPECT_FALSE(check({}, folder_ / "no" / "such"));
}

}  // namespace
}  // namespace unrig::cli
