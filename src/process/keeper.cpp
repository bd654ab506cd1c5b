#include "process/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include "process/program.h"
#include "process/tree.h"

namespace unrig::process {
namespace {

/// How long after KILL a process may take to end.
constexpr Duration kill_time = std::chrono::seconds(10);

class Keeper {
 public:
  Keeper(UniqueFd unrig, int farewell) : unrig_(std::move(unrig)), farewell_(farewell) {}

  /// False when the program did not start; unrig knows then.
  bool start(const Launch& launch, UniqueFd output);
  /// Returns when no descendant is left.
  void run();

 private:
  void take_order();
  void forward(int signal);
  void tell_orphans();
  bool reap();
  void report(const Report& report) const;

  UniqueFd unrig_;  ///< empty when unrig is gone
  int farewell_;
  UniqueFd child_signals_;
  pid_t program_ = -1;
  bool program_reaped_ = false;
  std::optional<int> forwarded_;     ///< the last signal passed on
  std::set<pid_t> told_;             ///< orphans that got it
  std::optional<Instant> deadline_;  ///< then KILL, or the end after it
  SystemClock clock_;
};

/// Moves this process, and so all that it starts.
bool enter(const std::filesystem::path& control_group) {
  const UniqueFd processes(::open((control_group / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  return processes && ::write(processes.get(), "0", 1) == 1;  // 0: who writes it
}

bool Keeper::start(const Launch& launch, UniqueFd output) {
  // As the program's user it could not.
  if (!launch.command.group.empty() && !enter(launch.command.group)) {
    report({.kind = Report::Kind::failed,
            .value = static_cast<int>(Step::control_group),
            .error_number = errno});
    return false;
  }
  // As the program's user it might not see all that lies beside what is hidden.
  std::expected<UniqueFd, int> fence;
  if (launch.command.fence) fence = make_fence(*launch.command.fence, output.get());
  if (!fence) {
    report({.kind = Report::Kind::failed,
            .value = static_cast<int>(Step::fence),
            .error_number = fence.error()});
    return false;
  }
  // As the program's user a keeper can do no more than the program, and still end it.
  if (launch.command.user && !become_user(*launch.command.user)) {
    report({.kind = Report::Kind::failed,
            .value = static_cast<int>(Step::user),
            .error_number = errno});
    return false;
  }
  // From here on everything that loses its parent below us becomes our child.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &child_signal, nullptr);
  child_signals_ = UniqueFd(::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!child_signals_) {
    report({.kind = Report::Kind::failed,
            .value = static_cast<int>(Step::fork),
            .error_number = errno});
    return false;
  }
  const auto started = start_program(launch, output.get(), *fence);
  if (!started) {
    report(started.error());
    return false;
  }
  program_ = *started;
  report({.kind = Report::Kind::started, .value = program_, .keeper = ::getpid()});
  return true;
}

void Keeper::run() {
  while (reap()) {
    if (forwarded_) tell_orphans();
    if (deadline_ && clock_.now() >= *deadline_) {
      if (forwarded_ == SIGKILL) return;  // stuck in the kernel: no signal helps
      forward(SIGKILL);
    }
    // poll() skips a negative descriptor.
    pollfd watched[] = {{unrig_.get(), POLLIN, 0}, {child_signals_.get(), POLLIN, 0}};
    constexpr int turn_ms = 20;
    ::poll(watched, 2, deadline_ ? turn_ms : -1);
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
    forward(signal);
  } else if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
    unrig_.reset();
    forward(farewell_);
    deadline_ = clock_.now() + farewell_time;
  }
}

/// Sends a signal to the program's group, and to what has lost its parent or is about to. A KILL
/// so reaches everything: whose parent it ends becomes an orphan.
void Keeper::forward(int signal) {
  const auto below = descendants(::getpid());
  const auto in_group = [&](const Entry& each) { return each.group == program_; };
  // When the program and all its group are gone, its number may belong to others.
  if (!program_reaped_ || std::ranges::any_of(below, in_group)) ::kill(-program_, signal);
  forwarded_ = signal;
  told_.clear();
  tell_orphans();
  if (signal == SIGKILL) deadline_ = clock_.now() + kill_time;
}

/// Daemons and the like, outside the group, have nobody else who would tell them.
void Keeper::tell_orphans() {
  for (const Entry& each : descendants(::getpid())) {
    const bool orphan = each.parent == ::getpid() && each.group != program_;
    if (orphan && told_.insert(each.pid).second) ::kill(each.pid, *forwarded_);
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

void keep(const Launch& launch, UniqueFd unrig, UniqueFd output) {
  Keeper keeper(std::move(unrig), launch.command.farewell);
  if (keeper.start(launch, std::move(output))) keeper.run();
  ::_exit(0);
}

}  // namespace unrig::process
