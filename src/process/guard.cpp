#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/kernel.h"
#include "base/random.h"
#include "process/keeper.h"
#include "process/process.h"
#include "process/tree.h"
#include "process/wire.h"

namespace unrig::process {
namespace {

/// Lets go of everything that was unrig's: a lock, a terminal or a pipe that somebody reads must
/// not stay open because of the guard. Returns the channel's new descriptor.
UniqueFd leave_unrig(UniqueFd channel) {
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) {
    ::signal(signal, SIG_IGN);
  }
  // Children are reaped by the kernel: nobody asks for a keeper's status.
  ::signal(SIGCHLD, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Not named after unrig, so that `killall unrig` leaves it to do its work.
  ::prctl(PR_SET_NAME, "guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);

  constexpr int place = 3;
  ::dup2(channel.get(), place);
  static_cast<void>(channel.release());
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) ::dup2(nothing, standard);
  close_descriptors_from(place + 1);
  static_cast<void>(!::chdir("/"));
  return UniqueFd(place);
}

/// Waits until no child is left. Keepers see the end of unrig as we do and need no help until
/// `late`, when everything gets KILL. Gives up a second later.
void end_children(Instant late, const Clock& clock) {
  // With SIGCHLD ignored, waitpid finds a child exactly as long as one lives.
  while (::waitpid(-1, nullptr, WNOHANG) == 0) {
    for (const Entry& each : descendants(::getpid())) {
      // A child outside our group is no keeper: it came to us because somebody killed its keeper.
      const bool lost = each.parent == ::getpid() && each.group != ::getpgrp();
      if (lost || clock.now() >= late) ::kill(each.pid, SIGKILL);
    }
    if (clock.now() >= late + std::chrono::seconds(1)) return;
    clock.sleep_for(std::chrono::milliseconds(10));
  }
}

[[noreturn]] void guard(UniqueFd inherited) {
  UniqueFd channel = leave_unrig(std::move(inherited));
  while (auto message = receive_message(channel.get())) {
    auto& [keeper_end, output] = message->descriptors;
    const pid_t pid = ::fork();
    if (pid == 0) {
      channel.reset();
      ::signal(SIGCHLD, SIG_DFL);
      ::prctl(PR_SET_NAME, "keeper");
      keep(decode(message->text), std::move(keeper_end), std::move(output));
    }
    if (pid < 0) {
      const Report report{.kind = Report::Kind::failed,
                          .value = static_cast<int>(Step::fork),
                          .error_number = errno};
      ::send(keeper_end.get(), &report, sizeof report, MSG_NOSIGNAL);
    }
  }
  const SystemClock clock;
  end_children(clock.now() + farewell_time + std::chrono::seconds(1), clock);
  ::_exit(0);
}

}  // namespace

/// A stock Debian gives 1024 open files, which a pooler or an event loop has at 1,000 clients.
/// Children inherit the limit. Not without end: some programs make a table as long as the limit.
void raise_file_limit() {
  constexpr rlim_t enough = 65536;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= enough) return;
  files.rlim_cur = std::min(files.rlim_max, enough);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

Result<Guard> Guard::start() {
  raise_file_limit();
  auto pair = socket_pair();
  if (!pair) return fail_errno("cannot make a socket for the guard process", errno);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot make the guard process", errno);
  if (pid == 0) guard(std::move((*pair)[1]));
  Guard result;
  result.channel_ = std::move((*pair)[0]);
  result.pid_ = pid;
  result.mark_ = "UNRIG_GUARD=" + random_secret(8);
  return result;
}

Guard::Guard(Guard&& other) noexcept
    : channel_(std::move(other.channel_)),
      pid_(std::exchange(other.pid_, -1)),
      mark_(std::move(other.mark_)) {}

Guard& Guard::operator=(Guard&& other) noexcept {
  if (this != &other) {
    end();
    channel_ = std::move(other.channel_);
    pid_ = std::exchange(other.pid_, -1);
    mark_ = std::move(other.mark_);
  }
  return *this;
}

Guard::~Guard() {
  end();
}

void Guard::end() {
  channel_.reset();
  if (pid_ > 0) {
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
}

}  // namespace unrig::process
