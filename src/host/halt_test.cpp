#include "host/halt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/as_owner.h"
#include "host/connections.h"
#include "process/testing.h"
#include "process/tree.h"

namespace unrig::host {
namespace {

using process::eventually;

/// A process that waits until it is killed, as another account where that is possible.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    constexpr uid_t nobody = 65534;
    if (pid_ != 0) return;
    if (::geteuid() == 0 &&
        (::setresgid(nobody, nobody, nobody) != 0 || ::setresuid(nobody, nobody, nobody) != 0)) {
      ::_exit(1);
    }
    // Whoever starts a program is shown to its account again: proc(5), dumpable.
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
    ::_exit(1);
  }
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] char state() const {
    const auto entry = process::entry_of(pid_);
    return entry ? entry->state : '-';
  }
  [[nodiscard]] bool sleeps() const {
    const auto entry = process::entry_of(pid_);
    return entry && entry->name == "sleep" && entry->state == 'S';
  }

 private:
  pid_t pid_;
};

TEST(Halt, StopsAndLetsGoOn) {
  const SystemClock clock;
  const Sleeper sleeper;
  ASSERT_TRUE(eventually([&] { return sleeper.sleeps(); }));
  {
    Halt halt(clock);
    EXPECT_TRUE(halt.stop(sleeper.pid()));
    EXPECT_EQ(sleeper.state(), 'T');
    halt.resume();
    EXPECT_TRUE(eventually([&] { return sleeper.state() == 'S'; }));
    EXPECT_TRUE(halt.stop(sleeper.pid()));
  }
  EXPECT_TRUE(eventually([&] { return sleeper.state() == 'S'; })) << "at its end, too";
}

TEST(Halt, SaysThatAProcessIsGone) {
  const SystemClock clock;
  Halt halt(clock);
  pid_t gone = 0;
  {
    const Sleeper sleeper;
    gone = sleeper.pid();
  }
  EXPECT_FALSE(halt.stop(gone));
}

TEST(AsOwner, LooksAsTheAccountOfTheProcess) {
  const Sleeper sleeper;
  ASSERT_TRUE(eventually([&] { return sleeper.sleeps(); }));
  constexpr uid_t no_change = static_cast<uid_t>(-1);
  const auto own = static_cast<uid_t>(::setfsuid(no_change));
  {
    const AsOwner eyes(sleeper.pid());
    const auto now = static_cast<uid_t>(::setfsuid(no_change));
    EXPECT_EQ(now == own, ::geteuid() != 0);
  }
  EXPECT_EQ(static_cast<uid_t>(::setfsuid(no_change)), own);
  EXPECT_TRUE(sockets_of(sleeper.pid()));
}

}  // namespace
}  // namespace unrig::host
