#include "host/waits.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/file.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using process::eventually;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EpollCall, IsReadFromAThreadThatWaits) {
  const auto call = parse_epoll_call(
      fmt::format("{} 0x3 0x7ffdc4c49730 0x400 0xfa0 0x0 0x8 0x7ffdc4c489c0 0x7f391e672cae\n",
                  SYS_epoll_pwait));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->descriptor, 3);
  EXPECT_EQ(call->stack, 0x7ffdc4c489c0u);
}

TEST(EpollCall, IsNoneOfAnother) {
  const auto futex = fmt::format("{} 0x3 0x0 0x0 0x0 0x0 0x0 0x7ff 0x7f3\n", SYS_futex);
  for (const std::string& text : {std::string("running\n"), futex, std::string("-1 0x7ff 0x7f3\n"),
                                  std::string(""), fmt::format("{} 0x3\n", SYS_epoll_pwait)}) {
    EXPECT_FALSE(parse_epoll_call(text)) << text;
  }
}

TEST(Epoll, WatchesWhatItsFileSays) {
  EXPECT_THAT(
      parse_watched("pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1040\n"
                    "tfd:        9 events:       19 data:                9  pos:0 ino:410\n"
                    "tfd:       13 events:       19 data:                d  pos:0 ino:98b\n"),
      ElementsAre(9, 13));
  EXPECT_THAT(parse_watched("pos:\t0\n"), IsEmpty());
}

const std::vector<Code> code = {{0x1000, 0x2000, "/usr/bin/python3.11"},
                                {0x3000, 0x4000, "/lib/x86_64-linux-gnu/libc.so.6"},
                                {0x5000, 0x6000, "/env/uvloop/loop.cpython-311.so"}};

TEST(Stack, NamesWhoWaitsTheNearestFirst) {
  // As uvloop's loop was seen: some words of the C library's own frame, then its caller.
  const std::vector<std::uint64_t> words{0, 7, 0x3100, 1, 0, 0x5123, 0x1fff, 0x5200, 0x2000};
  EXPECT_THAT(code_on_stack(words, code),
              ElementsAre("/env/uvloop/loop.cpython-311.so", "/usr/bin/python3.11"));
  EXPECT_THAT(code_on_stack({}, code), IsEmpty());
}

TEST(Stack, IsNotLookedAtFarFromItsPointer) {
  std::vector<std::uint64_t> words(stack_words + 1, 0);
  words.front() = 0x1000;
  words.back() = 0x5123;
  EXPECT_THAT(code_on_stack(words, code), ElementsAre("/usr/bin/python3.11"));
}

TEST(Waits, OfThisProcessNameItsProgramAndItsSockets) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const UniqueFd watched(ends[0]), other(ends[1]);
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.fd = watched.get()}};
  ASSERT_EQ(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, watched.get(), &event), 0);
  std::jthread waiting([&] { static_cast<void>(::epoll_wait(epoll.get(), &event, 1, -1)); });
  struct stat status {};
  ASSERT_EQ(::fstat(watched.get(), &status), 0);
  const auto image = image_of(::getpid());
  const auto sockets = sockets_of(::getpid());
  ASSERT_TRUE(image && sockets);
  const auto first = waits_of(::getpid(), *sockets, image->code);
  std::vector<Wait> seen;
  const bool waits = first && eventually([&] {
                       seen = waits_of(::getpid(), *sockets, image->code).value();
                       return !seen.empty();
                     });
  ASSERT_EQ(::write(other.get(), "x", 1), 1);
  waiting.join();
  if (!first) GTEST_SKIP() << first.error().what;
  ASSERT_TRUE(waits);
  EXPECT_THAT(seen.front().sockets, ElementsAre(status.st_ino));
  EXPECT_THAT(seen.front().code, Contains(image->program));
}

}  // namespace
}  // namespace unrig::host
