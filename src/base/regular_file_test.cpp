#include "base/regular_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"

namespace unrig {
namespace {

namespace fs = std::filesystem;

class RegularFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-regular-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(RegularFile, IsReadAlsoThroughALink) {
  ASSERT_TRUE(write_file(folder_ / "file", "content"));
  fs::create_symlink(folder_ / "file", folder_ / "link");
  EXPECT_EQ(read_regular_file(folder_ / "file").value(), "content");
  EXPECT_EQ(read_regular_file(folder_ / "link").value(), "content");
}

TEST_F(RegularFile, WhatWouldBeWaitedForOrHasNoEndIsRefused) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  fs::create_symlink(folder_ / "pipe", folder_ / "link-to-pipe");
  for (const fs::path& path : {folder_ / "pipe", folder_ / "link-to-pipe", fs::path("/dev/zero"),
                               folder_, folder_ / "missing"}) {
    const auto read = read_regular_file(path);
    ASSERT_FALSE(read) << path;
    EXPECT_EQ(read.error().kind, ErrorKind::environment);
    EXPECT_NE(read.error().what.find(path.string()), std::string::npos) << read.error().what;
  }
}

TEST_F(RegularFile, ItsLengthIsLimited) {
  ASSERT_TRUE(write_file(folder_ / "file", "12345"));
  EXPECT_TRUE(read_regular_file(folder_ / "file", 5));
  const auto read = read_regular_file(folder_ / "file", 4);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what,
            "cannot read " + (folder_ / "file").string() + ": it is longer than 4 bytes");
}

std::string dotted(std::size_t parts) {
  std::string key = "a";
  for (std::size_t i = 1; i < parts; ++i) key += i % 2 == 0 ? ".a" : ".\"b.c\"";
  return key;
}

TEST(KeyDepth, IsLimitedWhereverAKeyMayStand) {
  for (const auto& before : {"", "x = 1\n[", "x = { y = 1, ", "x = [{ ", "[[", "x = '''\n''' \n"}) {
    EXPECT_TRUE(check_key_depth(before + dotted(33), "f")) << before;
    EXPECT_FALSE(check_key_depth(before + dotted(34), "f")) << before;
  }
  const auto deep =
      check_key_depth("x = \"\"\"\n\n\"\"\"\n" + dotted(50'000) + " = 1", "mine.toml");
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().kind, ErrorKind::usage);
  EXPECT_EQ(deep.error().what, "mine.toml:4: a key of more than 32 parts");
}

TEST(KeyDepth, DotsOfTextsAndCommentsAndManyNumbersAreNone) {
  const std::string dots(100, '.');
  std::string numbers = "x = [";
  for (int i = 0; i < 100; ++i) numbers += "1.5,";
  for (const auto& text :
       {"x = \"" + dots + "\"", "x = '" + dots + "'", "x = \"\"\"\n" + dots + "\n\"\"\"",
        "# " + dots + "\nx = 1", "x = \"\\\"" + dots + "\"", numbers + "]", "x = '''" + dots})
    EXPECT_TRUE(check_key_depth(text, "f")) << text;
}

}  // namespace
}  // namespace unrig
