#include "process/guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/kernel.h"
#include "base/number.h"
#include "base/random.h"
#include "base/text.h"
#include "process/awake.h"
#include "process/keeper.h"
#include "process/tree.h"
#include "process/wire.h"

namespace unrig::process {
namespace {

/// How long the guard may take to end everything: longer than it waits itself.
constexpr int end_patience_s = 10;

using Fields = std::vector<std::string>;

/// What people see of this process, and by what they may end it: neither `killall unrig` nor
/// `pkill -f unrig` is to end those that clean up after unrig. The arguments lie where the kernel
/// put them, behind each other (proc(5), fields 48 and 49 of stat).
void bear_name(const char* name) {
  ::prctl(PR_SET_NAME, name);
  const auto stat = read_file("/proc/self/stat");
  const auto fields = stat ? split(stat->substr(stat->rfind(") ") + 2), ' ') : Fields{};
  constexpr std::size_t begin_field = 48 - 3;
  if (fields.size() <= begin_field + 1) return;
  const auto begin = to_number<std::uintptr_t>(fields[begin_field]).value_or(0);
  const auto end = to_number<std::uintptr_t>(fields[begin_field + 1]).value_or(0);
  if (begin == 0 || end <= begin) return;
  char* arguments = reinterpret_cast<char*>(begin);  // NOLINT(performance-no-int-to-ptr)
  std::memset(arguments, 0, end - begin);
  std::copy_n(name, std::min(end - begin - 1, std::strlen(name)), arguments);
}

/// Children that are no keepers, outside our group: they came to us because somebody killed their
/// keeper, and nobody else will end them.
void end_lost_children() {
  for (const Entry& each : descendants(::getpid())) {
    if (each.parent == ::getpid() && each.group != ::getpgrp()) ::kill(each.pid, SIGKILL);
  }
}

/// Takes the exits of children: of keepers, which leave nothing unless they were killed, and of
/// what killed ones have left, which may leave something in turn.
void reap(const UniqueFd& child_signals) {
  signalfd_siginfo drained[16];
  while (::read(child_signals.get(), drained, sizeof drained) > 0) {
  }
  bool any = false;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) any = true;
  if (any) end_lost_children();
}

/// Lets go of everything that was unrig's: a lock, a terminal or a pipe that somebody reads must
/// not stay open because of the guard. Returns the channel's new descriptor.
UniqueFd leave_unrig(UniqueFd channel) {
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) {
    ::signal(signal, SIG_IGN);
  }
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  bear_name("guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);

  constexpr int place = 3;
  ::dup2(channel.get(), place);
  static_cast<void>(channel.release());
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) {
    if (nothing >= 0) ::dup2(nothing, standard);
  }
  close_descriptors_from(place + 1);
  static_cast<void>(!::chdir("/"));
  return UniqueFd(place);
}

/// Waits until no child is left. Keepers see the end of unrig as we do and need no help until
/// `late`, when everything gets KILL. Gives up a second later.
void end_children(Instant late, const Clock& clock) {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(-1, &status, WNOHANG)) >= 0) {
    if (ended > 0) continue;
    end_lost_children();
    if (clock.now() >= late) {
      for (const Entry& each : descendants(::getpid())) ::kill(each.pid, SIGKILL);
    }
    if (clock.now() >= late + std::chrono::seconds(1)) return;
    clock.sleep_for(std::chrono::milliseconds(10));
  }
}

/// Forks the keeper of one program.
void start_keeper(UniqueFd& channel, UniqueFd& child_signals, Message message) {
  auto& [keeper_end, output] = message.descriptors;
  const pid_t pid = ::fork();
  if (pid == 0) {
    channel.reset();
    child_signals.reset();
    bear_name("keeper");
    keep(decode(message.text), std::move(keeper_end), std::move(output));
  }
  if (pid < 0) {
    const Report report{
        .kind = Report::Kind::failed, .value = static_cast<int>(Step::fork), .error_number = errno};
    ::send(keeper_end.get(), &report, sizeof report, MSG_NOSIGNAL);
  }
}

[[noreturn]] void guard(UniqueFd inherited) {
  UniqueFd channel = leave_unrig(std::move(inherited));
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &child_signal, nullptr);
  UniqueFd child_signals(::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));
  std::vector<std::string> folders, groups;
  for (;;) {
    pollfd watched[] = {{channel.get(), POLLIN, 0}, {child_signals.get(), POLLIN, 0}};
    ::poll(watched, 2, -1);
    reap(child_signals);
    if (watched[0].revents == 0) continue;
    auto message = receive_message(channel.get());
    if (!message) break;
    if (auto removal = decode_removal(message->text)) {
      (removal->is_group ? groups : folders).push_back(std::move(removal->folder));
    } else {
      start_keeper(channel, child_signals, std::move(*message));
    }
  }
  const SystemClock clock;
  end_children(clock.now() + farewell_time + std::chrono::seconds(1), clock);
  for (const std::string& group : groups) remove_control_group(group, clock);
  for (const std::string& folder : folders) remove_folder(folder, clock);
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
      mark_(std::move(other.mark_)),
      group_(std::move(other.group_)) {}

Guard& Guard::operator=(Guard&& other) noexcept {
  if (this != &other) {
    end();
    channel_ = std::move(other.channel_);
    pid_ = std::exchange(other.pid_, -1);
    mark_ = std::move(other.mark_);
    group_ = std::move(other.group_);
  }
  return *this;
}

Guard::~Guard() {
  end();
}

Result<> Guard::removes(const std::filesystem::path& folder) {
  const int error = send_message(channel_.get(), encode(Removal{folder.string()}));
  if (error == 0) return {};
  return fail_errno("cannot ask the guard process to clean up " + folder.string(), error);
}

Result<> Guard::removes_group(const std::filesystem::path& group) {
  const int error = send_message(channel_.get(), encode(Removal{group.string(), true}));
  if (error == 0) return {};
  return fail_errno("cannot ask the guard process to clean up " + group.string(), error);
}

void Guard::end_all() {
  // Not closed: another thread may be using it.
  ::shutdown(channel_.get(), SHUT_RDWR);
  const SystemClock clock;
  constexpr int turns_a_second = 100;
  for (int turn = 0; pid_ > 0 && turn < end_patience_s * turns_a_second; ++turn) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;  // ended, or reaped before
    clock.sleep_for(std::chrono::milliseconds(1000 / turns_a_second));
    if (turn % turns_a_second == turns_a_second - 1) wake_below(pid_);
  }
  tell(fmt::format("the guard (process {}) does not end: killed", pid_));
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Guard::end() {
  if (pid_ > 0) end_all();
  channel_.reset();
  pid_ = -1;
}

}  // namespace unrig::process
