#include "host/doing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "process/testing.h"

namespace unrig::host {
namespace {

std::string in_call(long number) {
  return fmt::format("{} 0x3 0x7ffc68149220 0x12c 0x0 0x0 0x0 0x7ffc681491e8 0x7f794a8662ad\n",
                     number);
}

TEST(Doing, IsToldByTheCall) {
  EXPECT_EQ(parse_doing("running\n"), Doing::running);
  EXPECT_EQ(parse_doing(in_call(SYS_accept4)), Doing::accepting);
  EXPECT_EQ(parse_doing(in_call(SYS_pselect6)), Doing::selecting);
  EXPECT_EQ(parse_doing(in_call(SYS_ppoll)), Doing::polling);
  EXPECT_EQ(parse_doing(in_call(SYS_epoll_pwait)), Doing::epolling);
  EXPECT_EQ(parse_doing(in_call(SYS_recvfrom)), Doing::receiving);
  EXPECT_EQ(parse_doing(in_call(SYS_read)), Doing::receiving);
  EXPECT_EQ(parse_doing(in_call(SYS_futex)), Doing::locked);
  EXPECT_EQ(parse_doing(in_call(SYS_clock_nanosleep)), Doing::other);
  EXPECT_EQ(parse_doing("-1 0x7ffc681491e8 0x7f794a8662ad\n"), Doing::other)
      << "blocked, and in no call";
  for (const char* text : {"", "runs", "x 0x3"}) EXPECT_FALSE(parse_doing(text)) << text;
}

TEST(ThreadFiles, AreReadAnewEachTime) {
  const auto proc =
      std::filesystem::temp_directory_path() / fmt::format("unrig-doing-{}", ::getpid());
  const auto task = proc / "7" / "task" / "8";
  std::filesystem::create_directories(task);
  std::ofstream(task / "syscall") << "running\n";
  const std::array<pid_t, 2> processes{7, 9};
  const ThreadFiles files(processes, proc);
  ASSERT_EQ(files.count(), 1U) << "9 is gone";
  EXPECT_EQ(files.doing(0), Doing::running);
  std::ofstream(task / "syscall") << in_call(SYS_futex);
  EXPECT_EQ(files.doing(0), Doing::locked);
  std::ofstream(task / "syscall") << "";
  EXPECT_FALSE(files.doing(0));
  std::filesystem::remove_all(proc);
}

TEST(ThreadFiles, TellOfAThreadThatWaits) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::jthread waiting([&] {
    pollfd until{.fd = ends[0], .events = POLLIN, .revents = 0};
    ::poll(&until, 1, -1);
  });
  const std::array<pid_t, 1> self{::getpid()};
  const ThreadFiles files(self);
  const auto polls = [&] {
    for (std::size_t i = 0; i < files.count(); ++i) {
      if (files.doing(i) == Doing::polling) return true;
    }
    return false;
  };
  const bool tells = files.count() > 0 && files.doing(0);
  if (tells) {
    EXPECT_TRUE(process::eventually(polls));
  }
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  waiting.join();
  for (const int end : ends) ::close(end);
  if (!tells) GTEST_SKIP() << "this kernel does not tell";
}

}  // namespace
}  // namespace unrig::host
