#include "process/program.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/kernel.h"

namespace unrig::process {
namespace {

/// All that the child needs, made before the fork: after it, the child only calls the kernel.
struct Child {
  const char* program = nullptr;
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* folder = nullptr;
  bool pinned = false;
  cpu_set_t cores{};
  int output = -1;
  int failure = -1;  ///< pipe for a Report
  pid_t parent = -1;
  int farewell = SIGTERM;
  int fence = -1;  ///< none
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Child child_of(const Launch& launch, int output, int failure, int fence) {
  Child child;
  child.program = launch.program.c_str();
  child.argv = pointers(launch.command.argv);
  child.environment = pointers(launch.command.environment);
  child.folder = launch.command.folder.c_str();
  CPU_ZERO(&child.cores);
  for (const int cpu : launch.command.cpus) {
    child.pinned = true;
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &child.cores);
  }
  child.output = output;
  child.failure = failure;
  child.parent = ::getpid();
  child.farewell = launch.command.farewell;
  child.fence = fence;
  return child;
}

[[noreturn]] void give_up(const Child& child, Step step) {
  const Report report{
      .kind = Report::Kind::failed, .value = static_cast<int>(step), .error_number = errno};
  static_cast<void>(!::write(child.failure, &report, sizeof report));
  ::_exit(127);
}

[[noreturn]] void become_program(const Child& child) {
  // Ignored signals would stay ignored across exec. Asked of the kernel itself, because the C
  // library keeps two for its own use, and a parent that used posix_spawn may have ignored those.
  const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } by_default{};
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, sizeof by_default.mask);
  }
  if (::setpgid(0, 0) != 0) give_up(child, Step::group);
  if (::dup2(child.output, 1) < 0 || ::dup2(child.output, 2) < 0 || !close_on_exec_from(3)) {
    give_up(child, Step::files);
  }
  if (child.pinned && ::sched_setaffinity(0, sizeof child.cores, &child.cores) != 0) {
    give_up(child, Step::cores);
  }
  // The keeper has changed its user: whether that one may enter the folder is the program's
  // question.
  if (::chdir(child.folder) != 0) give_up(child, Step::folder);
  // Where the keeper and the guard are killed together nobody is left to end what the program
  // started, but the program itself. The parent may have died before.
  if (::prctl(PR_SET_PDEATHSIG, child.farewell) != 0 || ::getppid() != child.parent) {
    give_up(child, Step::parent);
  }
  if (child.fence >= 0 && !close_fence(child.fence)) give_up(child, Step::fence);
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::execve(child.program, child.argv.data(), child.environment.data());
  give_up(child, Step::execute);
}

}  // namespace

/// The kernel's own calls: those of the C library would talk to threads that the fork did not copy.
bool become_user(const User& user) {
  if (user.uid == ::geteuid() && user.gid == ::getegid()) return true;
  return ::syscall(SYS_setgroups, 1, &user.gid) == 0 &&
         ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

std::expected<pid_t, Report> start_program(const Launch& launch, int output,
                                           const UniqueFd& fence) {
  const auto failed = [](Step step, int error_number) {
    return std::unexpected(Report{.kind = Report::Kind::failed,
                                  .value = static_cast<int>(step),
                                  .error_number = error_number});
  };
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) != 0) return failed(Step::fork, errno);
  const UniqueFd failure(raw[0]);
  UniqueFd failure_writer(raw[1]);

  const Child child = child_of(launch, output, failure_writer.get(), fence.get());
  const pid_t pid = ::fork();
  if (pid == 0) become_program(child);
  if (pid < 0) return failed(Step::fork, errno);
  failure_writer.reset();

  // Exec closes the pipe; only a failure writes to it.
  Report report;
  ssize_t length = 0;
  do {
    length = ::read(failure.get(), &report, sizeof report);
  } while (length < 0 && errno == EINTR);
  if (length == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return std::unexpected(report);
}

}  // namespace unrig::process
