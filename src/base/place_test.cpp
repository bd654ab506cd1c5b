#include "base/place.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace unrig {
namespace {

namespace fs = std::filesystem;

class PlaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-place-XXXXXX").string();
    folder_ = fs::canonical(::mkdtemp(name.data()));
    ASSERT_TRUE(make_folder(folder_ / "way" / "home"));
  }
  void TearDown() override { fs::remove_all(folder_); }
  void give_away(const fs::path& path) const {
    ASSERT_EQ(::lchown(path.c_str(), 65534, 65534), 0) << path;
  }
  void set_mode(const fs::path& path, mode_t mode) const {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path;
  }
  fs::path folder_;
};

TEST_F(PlaceTest, OwnFoldersAreTrustedAlsoBehindOwnLinksAndBelowSlashTmp) {
  fs::create_symlink("way/home", folder_ / "link");
  fs::create_symlink(folder_ / "way", folder_ / "way" / "round");
  EXPECT_EQ(private_path(folder_ / "link").value(), folder_ / "way/home");
  EXPECT_EQ(private_path(folder_ / "way/round/home/").value(), folder_ / "way/home");
  EXPECT_EQ(private_path(folder_ / "way/../link/../home/./x").value(), folder_ / "way/home/x");
  EXPECT_EQ(private_path(folder_ / "way/home/new/below").value(), folder_ / "way/home/new/below");
  EXPECT_EQ(private_path("/").value(), "/");
}

TEST_F(PlaceTest, WhereOthersMayWriteNothingIsPrivate) {
  const auto home = folder_ / "way/home";
  for (const mode_t mode : {0757, 01777, 0777}) {
    set_mode(home, mode);
    const auto refused = private_path(home);
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().kind, ErrorKind::environment);
    EXPECT_NE(refused.error().what.find(home.string()), std::string::npos);
    EXPECT_NE(refused.error().help.find("--home"), std::string::npos);
  }
  set_mode(home, 0755);
  set_mode(folder_ / "way", 0777);
  EXPECT_FALSE(private_path(home));
  EXPECT_FALSE(private_path(home / "new"));
  set_mode(folder_ / "way", 01777);
  EXPECT_TRUE(private_path(home)) << "sticky: only its owner can move it";
}

TEST_F(PlaceTest, MakesWhatIsMissingOnlyWhereItIsPrivate) {
  EXPECT_EQ(make_private_folder(folder_ / "way/home/new/below").value(),
            folder_ / "way/home/new/below");
  EXPECT_TRUE(fs::is_directory(folder_ / "way/home/new/below"));
  set_mode(folder_ / "way/home", 0777);
  EXPECT_FALSE(make_private_folder(folder_ / "way/home/more"));
  EXPECT_FALSE(fs::exists(folder_ / "way/home/more"));
}

TEST_F(PlaceTest, WhoMakesAFolderOnTheWayMeanwhileIsSeen) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const auto open = folder_ / "open";
  ASSERT_TRUE(make_folder(open));
  set_mode(open, 01777);
  set_mode(folder_, 0711);
  const auto between = (open / "between").string();
  const pid_t other = ::fork();
  if (other == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    while (::getppid() != 1) ::mkdir(between.c_str(), 0777);
    ::_exit(0);
  }
  for (int i = 0; i < 2000; ++i) {
    struct stat status {};
    const auto made = make_private_folder(fs::path(between) / "home");
    if (made && (::lstat(between.c_str(), &status) != 0 || status.st_uid != 0)) ADD_FAILURE() << i;
    fs::remove_all(between);
  }
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

TEST_F(PlaceTest, WhatBelongsToOthersIsRefusedAtEveryStep) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give away";
  const auto home = folder_ / "way/home";
  fs::create_symlink("way", folder_ / "link");
  EXPECT_TRUE(private_path(folder_ / "link/home"));
  for (const auto& step : {home, folder_ / "way", folder_ / "link"}) {
    give_away(step);
    EXPECT_FALSE(private_path(folder_ / "link/home")) << step;
    ASSERT_EQ(::lchown(step.c_str(), 0, 0), 0);
  }
  ASSERT_EQ(::chown((folder_ / "way").c_str(), 0, 65534), 0);
  set_mode(folder_ / "way", 0775);
  EXPECT_FALSE(private_path(home)) << "a group that is not root's";
}

TEST_F(PlaceTest, LinksThatGoRoundEnd) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_FALSE(find_place(folder_ / "a"));
  EXPECT_FALSE(private_path(folder_ / "a/x"));
}

TEST_F(PlaceTest, ThePlaceIsTheFolderItselfAndNotItsName) {
  const auto place = find_place(folder_ / "way/home/file");
  ASSERT_TRUE(place);
  fs::rename(folder_ / "way", folder_ / "moved");
  EXPECT_EQ(::mkdirat(place->folder.get(), place->name.c_str(), 0700), 0);
  EXPECT_TRUE(fs::is_directory(folder_ / "moved/home/file"));
}

}  // namespace
}  // namespace unrig
