#include "host/standing.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/facts.h"

namespace unrig::host {
namespace {

TEST(Standing, IsThatOfTheProcess) {
  const auto own = standing_of(::getpid());
  ASSERT_TRUE(own);
  EXPECT_EQ(own->cores, usable_cores());
  EXPECT_EQ(own->nice, ::getpriority(PRIO_PROCESS, 0));
  EXPECT_FALSE(standing_of(1 << 30)) << "there is nobody";
}

TEST(Standing, ShowsWhoWasMoved) {
  const auto own = standing_of(::getpid()).value();
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  EXPECT_EQ(standing_of(child), own) << "it stands where it was started from";
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(own.cores.front(), &first);
  EXPECT_EQ(::sched_setaffinity(child, sizeof first, &first), 0);
  EXPECT_EQ(::setpriority(PRIO_PROCESS, static_cast<id_t>(child), 19), 0);
  const sched_param none{};
  EXPECT_EQ(::sched_setscheduler(child, SCHED_IDLE, &none), 0);
  const auto moved = standing_of(child);
  EXPECT_EQ(moved, (Standing{.cores = {own.cores.front()}, .nice = 19, .policy = SCHED_IDLE}));
  EXPECT_FALSE(moved->is_reset_by_fork());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(Standing, IsToldInAFewWords) {
  EXPECT_EQ(to_text({.cores = {0, 1, 2, 5, 7, 8}, .nice = -3}), "cores 0-2, 5, 7-8, nice -3");
  EXPECT_EQ(to_text({.cores = {4}, .nice = 19, .policy = SCHED_IDLE}),
            "cores 4, nice 19, SCHED_IDLE");
  EXPECT_TRUE((Standing{.policy = SCHED_OTHER | SCHED_RESET_ON_FORK}.is_reset_by_fork()));
}

}  // namespace
}  // namespace unrig::host
