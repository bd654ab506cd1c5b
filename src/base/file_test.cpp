#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

namespace unrig {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-file-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  static mode_t mode_of(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  static constexpr uid_t nobody = 65534;
  fs::path folder_;
};

TEST_F(FileTest, WritesWholeFilesWithTheirMode) {
  const fs::path path = folder_ / "secret";
  ASSERT_TRUE(write_file(path, "one", 0600));
  ASSERT_TRUE(write_file(path, "two", 0600));
  EXPECT_EQ(read_file(path).value(), "two");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

TEST_F(FileTest, WhatWasThereKeepsItsModeAndWhatIsNewFollowsTheUmask) {
  ASSERT_TRUE(write_file(folder_ / "secret", "one", 0600));
  ASSERT_TRUE(write_file(folder_ / "secret", "two"));
  EXPECT_EQ(mode_of(folder_ / "secret"), 0600u);
  ASSERT_EQ(::chmod((folder_ / "secret").c_str(), 0664), 0);
  ASSERT_TRUE(write_file(folder_ / "secret", "three"));
  EXPECT_EQ(mode_of(folder_ / "secret"), 0664u);
  for (const mode_t mask : {0022, 0077, 0027}) {
    const auto name = folder_ / fmt::format("new-{}", mask);
    const mode_t before = ::umask(mask);
    const bool written = write_file(name, "text").has_value();
    const bool made = make_folder(folder_ / fmt::format("folder-{}", mask)).has_value();
    ::umask(before);
    ASSERT_TRUE(written && made);
    EXPECT_EQ(mode_of(name), 0666u & ~mask);
    EXPECT_EQ(mode_of(folder_ / fmt::format("folder-{}", mask)), 0755u & ~mask);
  }
}

TEST_F(FileTest, FoldersThatAreThereKeepTheirMode) {
  for (const mode_t mode : {0700, 0755, 01777}) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    ASSERT_TRUE(make_folder(folder_));
    ASSERT_TRUE(make_folder(folder_ / "below"));
    EXPECT_EQ(mode_of(folder_), mode);
  }
}

TEST_F(FileTest, RootFollowsNoLinkOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make links of others";
  ASSERT_TRUE(write_file(folder_ / "file", "before"));
  fs::create_symlink(folder_ / "file", folder_ / "planted");
  fs::create_symlink(folder_, folder_ / "way");
  for (const auto link : {"planted", "way"})
    ASSERT_EQ(::lchown((folder_ / link).c_str(), nobody, nobody), 0);
  for (const auto& path : {folder_ / "planted", folder_ / "way" / "file"}) {
    EXPECT_FALSE(write_file(path, "after"));
    EXPECT_FALSE(check_writable(path));
  }
  EXPECT_EQ(read_file(folder_ / "file").value(), "before");
}

TEST_F(FileTest, AFailedWriteKeepsTheOldFileAndLeavesNothing) {
  const fs::path folder_in_the_way = folder_ / "taken";
  ASSERT_TRUE(make_folder(folder_in_the_way / "full"));
  const auto written = write_file(folder_in_the_way, "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::environment);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

TEST_F(FileTest, LinksAreWrittenThroughAndNotReplaced) {
  ASSERT_TRUE(write_file(folder_ / "file", "long before"));
  fs::create_symlink("file", folder_ / "link");
  ASSERT_TRUE(write_file(folder_ / "link", "after"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "file").value(), "after");
}

TEST_F(FileTest, PipesAreWrittenToAndNotReplaced) {
  const fs::path path = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(check_writable(path));
  ASSERT_TRUE(write_file(path, "text"));
  EXPECT_TRUE(fs::is_fifo(path));
  char text[8];
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 4);
}

TEST_F(FileTest, AskingWhetherOneCanWriteTouchesNothing) {
  ASSERT_TRUE(write_file(folder_ / "old", "kept"));
  EXPECT_TRUE(check_writable(folder_ / "old"));
  EXPECT_TRUE(check_writable(folder_ / "new"));
  EXPECT_EQ(read_file(folder_ / "old").value(), "kept");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
  EXPECT_FALSE(check_writable(folder_ / "missing" / "file"));
  EXPECT_FALSE(check_writable(folder_));
  fs::create_symlink(folder_ / "missing" / "file", folder_ / "dangling");
  EXPECT_FALSE(check_writable(folder_ / "dangling"));
}

TEST_F(FileTest, ReadingIsBounded) {
  ASSERT_TRUE(write_file(folder_ / "long", std::string(1000, 'x') + "end"));
  EXPECT_FALSE(read_file(folder_ / "long", 100));
  EXPECT_FALSE(read_file(folder_ / "missing"));
  EXPECT_EQ(read_tail(folder_ / "long", 4), "xend");
  EXPECT_EQ(read_tail(folder_ / "missing"), "");
}

TEST(Hash, MatchesTheStandardsExample) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace unrig
