#include "process/keeper.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "process/program.h"
#include "process/tree.h"

namespace unrig::process {
namespace {

using std::chrono::milliseconds;

class Keeper {
 public:
  Keeper(UniqueFd unrig, int farewell) : unrig_(std::move(unrig)), farewell_(farewell) {}

  /// False when the program did not start; unrig knows then.
  bool start(const Request& request, UniqueFd output);
  /// Returns when no descendant is left.
  void run();

 private:
  void take_order();
  void forward(int signal);
  bool reap();
  void report(const Report& report) const;

  UniqueFd unrig_;  ///< empty when unrig is gone
  int farewell_;
  UniqueFd child_signals_;
  pid_t program_ = -1;
  bool program_reaped_ = false;
  bool killing_ = false;
  std::optional<Instant> kill_at_;
  std::optional<Instant> give_up_at_;
  SystemClock clock_;
};

bool Keeper::start(const Request& request, UniqueFd output) {
  // From here on everything that loses its parent below us becomes our child.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_signal, nullptr);
  child_signals_ = UniqueFd(::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));

  const auto started = start_program(request, output.get());
  if (!started) {
    report(started.error());
    return false;
  }
  program_ = *started;
  report({.kind = Report::Kind::started, .value = program_});
  return true;
}

void Keeper::run() {
  while (reap()) {
    const Instant now = clock_.now();
    if (kill_at_ && now >= *kill_at_) killing_ = true;
    if (killing_) {
      // In rounds: what is forked while we look is found the next time.
      for (const Entry& each : descendants(::getpid())) ::kill(each.pid, SIGKILL);
      if (!give_up_at_) give_up_at_ = now + std::chrono::seconds(10);
      if (now >= *give_up_at_) return;  // stuck in the kernel: no signal helps
    }
    // poll() skips a negative descriptor.
    pollfd watched[] = {{unrig_.get(), POLLIN, 0}, {child_signals_.get(), POLLIN, 0}};
    const int limit = killing_ ? 10 : kill_at_ ? 50 : -1;
    if (::poll(watched, 2, limit) < 0 && errno != EINTR) killing_ = true;
    if (watched[0].revents != 0) take_order();
    signalfd_siginfo drained[16];
    while (::read(child_signals_.get(), drained, sizeof drained) > 0) {
    }
  }
}

void Keeper::take_order() {
  int signal = 0;
  const ssize_t length = ::recv(unrig_.get(), &signal, sizeof signal, MSG_DONTWAIT);
  if (length == sizeof signal) {
    if (signal == SIGKILL) {
      killing_ = true;
    } else {
      forward(signal);
    }
  } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
    unrig_.reset();
    forward(farewell_);
    kill_at_ = clock_.now() + farewell_time;
  }
}

/// Sends a signal to the program's group and to what lost its parent: daemons with a session of
/// their own have nobody else who would tell them.
void Keeper::forward(int signal) {
  // One call for the whole group misses no process that is just being forked. It is safe only as
  // long as the program's entry exists: afterwards its number may belong to another group.
  const bool by_group = !program_reaped_;
  if (by_group) ::kill(-program_, signal);
  for (const Entry& each : descendants(::getpid())) {
    const bool in_group = each.group == program_;
    const bool orphan = each.parent == ::getpid() && each.pid != program_;
    if (in_group ? !by_group : orphan) ::kill(each.pid, signal);
  }
}

/// Takes the exits of children. False when no child is left.
bool Keeper::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) return errno == EINTR;
    if (pid == program_) {
      program_reaped_ = true;
      report({.kind = Report::Kind::ended, .value = status});
    }
  }
}

void Keeper::report(const Report& report) const {
  // Nobody to tell is no error: unrig may be gone.
  if (unrig_) ::send(unrig_.get(), &report, sizeof report, MSG_NOSIGNAL);
}

}  // namespace

void keep(const Request& request, UniqueFd unrig, UniqueFd output) {
  Keeper keeper(std::move(unrig), request.command.farewell);
  if (keeper.start(request, std::move(output))) keeper.run();
  ::_exit(0);
}

}  // namespace unrig::process
