#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/file.h"

namespace unrig::cli {
namespace {

/// Standard output leads to `target` as long as this lives.
class Redirected {
 public:
  explicit Redirected(int target) : before_(::dup(STDOUT_FILENO)) { ::dup2(target, STDOUT_FILENO); }
  ~Redirected() { ::dup2(before_.get(), STDOUT_FILENO); }

 private:
  UniqueFd before_;
};

TEST(Output, FullDiskIsAnErrorOfTheEnvironment) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  Result<> printed;
  {
    const Redirected redirected(full.get());
    printed = print("a line\n");
  }
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().kind, ErrorKind::environment);
  EXPECT_NE(printed.error().what.find("standard output"), std::string::npos);
  EXPECT_FALSE(printed.error().help.empty());
}

TEST(Output, OutputThatIsNotOpenForWritingIsAnErrorToo) {
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Result<> printed;
  {
    const Redirected redirected(nothing.get());
    printed = print("a line\n");
  }
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().kind, ErrorKind::environment);
}

TEST(Output, ReaderThatHasGoneIsNoError) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  const UniqueFd writer(ends[1]);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  Result<> printed = fail(ErrorKind::internal, "not printed");
  {
    const Redirected redirected(writer.get());
    printed = print("a line\n");
  }
  ::signal(SIGPIPE, before);
  EXPECT_TRUE(printed);
}

ErrorKind kind_of(auto exception) {
  return error_of(std::make_exception_ptr(exception)).kind;
}

TEST(Exceptions, WhatTheMachineLacksIsOfTheEnvironment) {
  EXPECT_EQ(kind_of(std::bad_alloc()), ErrorKind::environment);
  EXPECT_EQ(kind_of(std::length_error("vector")), ErrorKind::environment);
  EXPECT_EQ(kind_of(std::system_error(std::make_error_code(std::errc::not_enough_memory))),
            ErrorKind::environment);
  // What std::thread throws.
  EXPECT_EQ(
      kind_of(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))),
      ErrorKind::environment);
  EXPECT_EQ(kind_of(std::filesystem::filesystem_error(
                "cannot iterate", std::make_error_code(std::errc::permission_denied))),
            ErrorKind::environment);
}

TEST(Exceptions, ACurrentFolderThatIsGoneIsNamedAsTheCause) {
  const auto before = std::filesystem::current_path();
  std::string name = (std::filesystem::temp_directory_path() / "unrig-gone-XXXXXX").string();
  std::filesystem::current_path(::mkdtemp(name.data()));
  std::filesystem::remove(name);
  const auto error = error_of(std::make_exception_ptr(std::filesystem::filesystem_error(
      "cannot make absolute path", std::make_error_code(std::errc::no_such_file_or_directory))));
  std::filesystem::current_path(before);
  EXPECT_EQ(error.kind, ErrorKind::environment);
  EXPECT_TRUE(error.what.starts_with("the current folder is not there: ")) << error.what;
  EXPECT_FALSE(error.help.empty());
}

TEST(Exceptions, AnythingElseIsAFaultOfUnrig) {
  EXPECT_EQ(kind_of(std::logic_error("impossible")), ErrorKind::internal);
  EXPECT_EQ(kind_of(42), ErrorKind::internal);
  EXPECT_NE(
      error_of(std::make_exception_ptr(std::logic_error("impossible"))).what.find("impossible"),
      std::string::npos);
}

}  // namespace
}  // namespace unrig::cli
