#include "base/kernel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "base/testing.h"

namespace unrig {
namespace {

constexpr long pwait2 = SYS_epoll_pwait2;
constexpr long range = SYS_close_range;

/// What `question` answers in a child that lacks these calls; 99 where no filter may be set.
int asked_without(const std::vector<long>& calls, int (*question)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(forbid_calls(calls) ? question() : 99);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// How many of some descriptors are open, and how many would stay open over exec.
int open_after(void (*close)(int)) {
  constexpr int first = 200;
  for (const int number : {first - 1, first, first + 7}) ::dup2(0, number);
  close(first);
  int open = 0;
  for (const int number : {first - 1, first, first + 7}) {
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++open;
  }
  return open;
}

int open_after_closing() {
  return open_after([](int first) { close_descriptors_from(first); });
}

int open_after_marking() {
  return open_after([](int first) { static_cast<void>(close_on_exec_from(first)); });
}

TEST(Kernel, DescriptorsAreClosedWithAndWithoutCloseRange) {
  if (asked_without({range}, [] { return 0; }) == 99) GTEST_SKIP() << "no filter may be set";
  EXPECT_EQ(asked_without({}, open_after_closing), 1);
  EXPECT_EQ(asked_without({range}, open_after_closing), 1);
  EXPECT_EQ(asked_without({range}, open_after_marking), 1);
  // Without a list of what is open, every number is tried.
  EXPECT_EQ(asked_without({range, SYS_getdents64}, open_after_closing), 1);
}

TEST(Kernel, MissingCallsAreNamed) {
  if (asked_without({range}, [] { return 0; }) == 99) GTEST_SKIP() << "no filter may be set";
  const auto names = [] {
    const std::string note = missing_calls_note();
    return (note.find("epoll_pwait2") != std::string::npos ? 1 : 0) +
           (note.find("close_range") != std::string::npos ? 2 : 0);
  };
  EXPECT_EQ(asked_without({pwait2}, names), has_close_range() ? 1 : 3);
  EXPECT_EQ(asked_without({range}, names), has_epoll_pwait2() ? 2 : 3);
  EXPECT_EQ(asked_without({range, pwait2}, names), 3);
}

}  // namespace
}  // namespace unrig
