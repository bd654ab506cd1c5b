#include "host/open_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "base/file.h"
#include "base/testing_folder.h"

namespace unrig::host {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OpenFilesTest : public FolderTest {
 protected:
  [[nodiscard]] UniqueFd open(const char* name, int flags) const {
    return UniqueFd(::open((folder() / name).c_str(), flags | O_CLOEXEC, 0600));
  }
  /// Those of this process below the folder of the test.
  [[nodiscard]] OpenFiles own() const {
    const std::array self{::getpid()};
    auto files = files_open_to_write(self).value_or(OpenFiles{});
    std::erase_if(
        files, [&](const auto& file) { return !file.second.path.starts_with(folder().string()); });
    return files;
  }
};

TEST_F(OpenFilesTest, AreThoseThatAreWritten) {
  write("read", "what is only read");
  const UniqueFd read = open("read", O_RDONLY);
  EXPECT_THAT(own(), IsEmpty());
  const UniqueFd log = open("log", O_WRONLY | O_CREAT);
  const UniqueFd both = open("both", O_RDWR | O_CREAT);
  EXPECT_THAT(own(), SizeIs(2));
  EXPECT_EQ(own().begin()->second.process, ::getpid());
}

TEST_F(OpenFilesTest, GrowUnderWhateverName) {
  const UniqueFd log = open("log", O_WRONLY | O_CREAT);
  const UniqueFd other = open("other", O_WRONLY | O_CREAT);
  const OpenFiles first = own();
  ASSERT_EQ(::unlink((folder() / "log").c_str()), 0);
  ASSERT_EQ(::write(log.get(), "a line\n", 7), 7);
  ASSERT_EQ(::write(other.get(), "x", 1), 1);
  // What is opened later may have been long before.
  const UniqueFd late = open("late", O_WRONLY | O_CREAT);
  ASSERT_EQ(::write(late.get(), "0123456789", 10), 10);
  const std::array self{::getpid()};
  const auto last = files_open_to_write(self);
  ASSERT_TRUE(last);
  const auto grown = grown_between(first, *last);
  ASSERT_THAT(grown, SizeIs(2));
  EXPECT_EQ(grown[0].bytes, 7U);
  EXPECT_THAT(grown[0].path, EndsWith("log (deleted)"));
  EXPECT_EQ(grown[1].bytes, 1U);
  EXPECT_THAT(grown_between(*last, first), IsEmpty());
}

TEST_F(OpenFilesTest, OfAProcessThatIsGoneThereAreNone) {
  const std::array nobody{pid_t{0}};
  const auto files = files_open_to_write(nobody, folder());
  ASSERT_TRUE(files);
  EXPECT_THAT(*files, IsEmpty());
}

TEST_F(OpenFilesTest, ThatAreNotShownAreNotNone) {
  if (::geteuid() == 0) GTEST_SKIP() << "root sees all";
  std::filesystem::create_directories(folder() / "4194311" / "fd");
  ASSERT_EQ(::chmod((folder() / "4194311" / "fd").c_str(), 0), 0);
  const std::array processes{pid_t{4194311}};
  EXPECT_FALSE(files_open_to_write(processes, folder()));
  ASSERT_EQ(::chmod((folder() / "4194311" / "fd").c_str(), 0700), 0);
}

TEST(Written, IsReadFromTheText) {
  EXPECT_EQ(parse_written("rchar: 12\nwchar: 345\nsyscr: 6\nwrite_bytes: 4096\n"), 345U);
  EXPECT_FALSE(parse_written("rchar: 12\n"));
  EXPECT_FALSE(parse_written(""));
}

TEST_F(OpenFilesTest, BytesOfAllProcessesAreSummed) {
  write("4194311/io", "wchar: 5\n");
  write("4194312/io", "wchar: 6\n");
  const std::array both{pid_t{4194311}, pid_t{4194312}};
  const std::array another{pid_t{4194311}, pid_t{4194313}};
  EXPECT_EQ(written_by_calls(both, folder()), 11U);
  EXPECT_FALSE(written_by_calls(another, folder()));
}

TEST_F(OpenFilesTest, BytesOfThisProcessRiseWithWhatItWrites) {
  const std::array self{::getpid()};
  const auto before = written_by_calls(self);
  if (!before) GTEST_SKIP() << "this kernel does not count";
  const UniqueFd log = open("log", O_WRONLY | O_CREAT);
  ASSERT_EQ(::write(log.get(), "a line\n", 7), 7);
  EXPECT_GE(written_by_calls(self).value_or(0), *before + 7);
}

}  // namespace
}  // namespace unrig::host
