#include "process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "process/awake.h"
#include "process/wire.h"

namespace unrig::process {
namespace fs = std::filesystem;
namespace {

/// The path to execute. A path is taken as it is: exec has the better error for it.
Result<std::string> locate(const std::string& name) {
  if (name.find('/') != std::string::npos) return fs::absolute(name).string();
  if (const auto path = find_program(name)) return path->string();
  return fail(ErrorKind::environment, fmt::format("program {} not found in PATH", printable(name)),
              "install it, or add its folder to PATH");
}

bool holds_nul(const Command& command) {
  const auto bad = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  const auto bad_path = [&](const fs::path& path) { return bad(path.native()); };
  const Fence fence = command.fence.value_or(Fence{});
  return std::ranges::any_of(command.argv, bad) || std::ranges::any_of(command.environment, bad) ||
         bad_path(command.folder) || bad_path(command.group) ||
         std::ranges::any_of(fence.writable, bad_path) ||
         std::ranges::any_of(fence.hidden, bad_path) ||
         std::ranges::any_of(fence.readable, bad_path);
}

std::unexpected<Error> describe(const Report& failure, const Launch& launch) {
  const std::string program = printable(launch.program);
  const auto because = [&](const std::string& what) {
    return fail_errno(fmt::format("cannot start {}: {}", program, what), failure.error_number);
  };
  switch (static_cast<Step>(failure.value)) {
    case Step::fork:
      return because("no new process");
    case Step::control_group:
      return because(fmt::format("its control group {}", launch.command.group.string()));
    case Step::group:
      return because("no group of its own");
    case Step::files:
      return because("its descriptors");
    case Step::cores:
      return because(fmt::format("pinning to cores {}", fmt::join(launch.command.cpus, ",")));
    case Step::user:
      return because(fmt::format("changing to user {}", launch.command.user->uid));
    case Step::folder:
      return because(printable(launch.command.folder.string()));
    case Step::parent:
      return fail(ErrorKind::environment, fmt::format("cannot start {}: its keeper died", program));
    case Step::fence:
      return because("its fence");
    case Step::execute:
      break;
  }
  std::error_code ignored;
  if (failure.error_number == ENOENT && fs::exists(launch.program, ignored)) {
    return fail(ErrorKind::environment,
                fmt::format("cannot start {}: the interpreter named in its first line, or its "
                            "loader, does not exist",
                            program));
  }
  if (failure.error_number == ENOENT) {
    return fail(ErrorKind::environment, fmt::format("program {} not found", program));
  }
  return fail_errno(fmt::format("cannot execute {}", program), failure.error_number);
}

/// How long the guard may take to start a program: for one that hangs, not for a slow machine.
constexpr int start_patience_s = 60;
/// Longer than a keeper waits for what it has killed.
constexpr int kill_patience_s = 15;

/// At most a second, after which the keeper is looked at.
int milliseconds_left(const Clock& clock, Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

bool readable(int descriptor, int limit_ms) {
  pollfd one{descriptor, POLLIN, 0};
  return ::poll(&one, 1, limit_ms) > 0;
}

constexpr std::size_t kept = 1 << 20;

/// The end of what comes through a pipe, copied to a log.
class Capture {
 public:
  enum class Taken { some, nothing, end };

  Capture(UniqueFd pipe, UniqueFd log) : pipe_(std::move(pipe)), log_(std::move(log)) {}

  /// Takes what there is, waiting up to `limit_ms` for it.
  Taken take(int limit_ms) {
    pollfd one{pipe_.get(), POLLIN, 0};
    if (::poll(&one, 1, limit_ms) <= 0) return Taken::nothing;
    std::array<char, 65536> buffer;
    const ssize_t length = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (length < 0) return errno == EINTR ? Taken::nothing : Taken::end;
    if (length == 0) return Taken::end;
    const std::string_view fresh(buffer.data(), static_cast<std::size_t>(length));
    // A copy for people: a full disk must not end the command.
    static_cast<void>(!::write(log_.get(), fresh.data(), fresh.size()));
    text_ += fresh;
    if (text_.size() > 2 * kept) text_.erase(0, text_.size() - kept);
    return Taken::some;
  }

  [[nodiscard]] std::string text() const {
    return text_.substr(text_.size() - std::min(text_.size(), kept));
  }

 private:
  UniqueFd pipe_;
  UniqueFd log_;
  std::string text_;
};

}  // namespace

Result<User> find_user(const std::string& name) {
  std::vector<char> buffer(64 << 10);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return User{entry.pw_uid, entry.pw_gid};
  const std::string what = fmt::format("there is no system user {}", printable(name));
  if (error != 0) return fail_errno(what, error);
  return fail(ErrorKind::environment, what);
}

std::optional<fs::path> find_program(const std::string& name) {
  const auto usable = [](const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) {
    return usable(name) ? std::optional(fs::absolute(name)) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = split(path == nullptr ? "/usr/bin:/bin" : path, ':');
  folders.insert(folders.end(), {"/usr/local/sbin", "/usr/sbin", "/sbin"});
  for (const std::string& folder : folders) {
    // An empty or relative entry would mean the working directory: not a place for programs.
    if (folder.starts_with('/') && usable(fs::path(folder) / name)) return fs::path(folder) / name;
  }
  return std::nullopt;
}

std::string Exit::text() const {
  if (signal == 0) return fmt::format("exit status {}", code);
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("killed by SIG{}", name)
                         : fmt::format("killed by signal {}", signal);
}

Result<UniqueFd> Process::open_log(const Command& command) {
  if (command.log.empty()) {
    UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (!nothing) return fail_errno("cannot open /dev/null", errno);
    return nothing;
  }
  // The program's own user may want to open it again, as /dev/stderr: hence the change of owner.
  UniqueFd log(
      ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!log || ::fchmod(log.get(), 0600) != 0 ||
      (command.user && ::fchown(log.get(), command.user->uid, command.user->gid) != 0)) {
    return fail_errno(fmt::format("cannot write the log {}", command.log.string()), errno);
  }
  return log;
}

Result<Process> Process::start(const Command& command, Guard& guard) {
  const auto log = open_log(command);
  if (!log) return std::unexpected(log.error());
  return launch(command, guard, log->get());
}

Result<Process> Process::launch(const Command& command, Guard& guard, int output) {
  if (command.argv.empty() || holds_nul(command)) {
    return fail(ErrorKind::internal, "a command is empty or holds a NUL byte");
  }
  auto program = locate(command.argv[0]);
  if (!program) return std::unexpected(program.error());
  Launch launch{std::move(*program), command};
  launch.command.environment.push_back(guard.mark());
  if (launch.command.group.empty()) launch.command.group = guard.group_;
  launch.command.folder = command.folder.empty() ? fs::path("/") : fs::absolute(command.folder);

  auto pair = socket_pair();
  if (!pair) return fail_errno("cannot make a socket", errno);
  const int error = send_message(guard.channel_.get(), encode(launch), {(*pair)[1].get(), output});
  if (error != 0) {
    return fail_errno(fmt::format("cannot ask the guard process to start {}", launch.program),
                      error);
  }
  (*pair)[1].reset();

  Process process;
  process.keeper_ = std::move((*pair)[0]);
  process.log_ = command.log;
  const auto report = process.first_report(guard);
  if (!report) {
    return fail(ErrorKind::environment,
                fmt::format("cannot start {}: the guard process is gone, or does not answer",
                            launch.program),
                "something ended or stopped it: start unrig again");
  }
  if (report->kind == Report::Kind::failed) return describe(*report, launch);
  process.pid_ = report->value;
  process.keeper_pid_ = report->keeper;
  return process;
}

std::optional<Report> Process::first_report(const Guard& guard) const {
  for (int second = 0; !readable(keeper_.get(), 1000); ++second) {
    if (second == start_patience_s) return std::nullopt;
    wake_below(guard.pid_);
  }
  Report report;
  ssize_t length = 0;
  do {
    length = ::recv(keeper_.get(), &report, sizeof report, 0);
  } while (length < 0 && errno == EINTR);
  return length == sizeof report ? std::optional(report) : std::nullopt;
}

Process::Process(Process&& other) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = other.pid_;
    keeper_pid_ = other.keeper_pid_;
    keeper_ = std::move(other.keeper_);
    exit_ = other.exit_;
    log_ = std::move(other.log_);
  }
  return *this;
}

Process::~Process() {
  kill();
}

void Process::send(int signal) {
  if (keeper_) ::send(keeper_.get(), &signal, sizeof signal, MSG_NOSIGNAL);
}

/// The keeper itself has a limit for this, so it ends, unless somebody stopped it.
void Process::kill() {
  send(SIGKILL);
  for (int second = 0; keeper_; ++second) {
    if (readable(keeper_.get(), 1000)) {
      take_report(0);
    } else if (second < kill_patience_s) {
      wake(keeper_pid_);
    } else {
      tell(fmt::format("a keeper (process {}) does not answer: killed, with all below it",
                       keeper_pid_));
      // Its program gets KILL with it, and what is left below becomes the guard's, which ends it.
      ::kill(keeper_pid_, SIGKILL);
      keeper_.reset();
      if (!exit_) exit_ = Exit{-1, SIGKILL};
    }
  }
}

bool Process::take_report(int limit_ms) {
  if (!keeper_ || !readable(keeper_.get(), limit_ms)) return false;
  Report report;
  const ssize_t length = ::recv(keeper_.get(), &report, sizeof report, 0);
  if (length < 0 && errno == EINTR) return false;
  if (length != sizeof report) {
    keeper_.reset();
    // A keeper that was killed could not tell; its program got KILL with it.
    if (!exit_) exit_ = Exit{-1, SIGKILL};
  } else if (WIFSIGNALED(report.value)) {
    exit_ = Exit{-1, WTERMSIG(report.value)};
  } else {
    exit_ = Exit{WEXITSTATUS(report.value), 0};
  }
  return true;
}

std::optional<Exit> Process::poll() {
  while (!exit_ && take_report(0)) {
  }
  return exit_;
}

std::optional<Exit> Process::wait(const Clock& clock, Duration limit) {
  const Instant deadline = clock.now() + limit;
  while (!poll() && clock.now() < deadline) {
    if (!take_report(milliseconds_left(clock, deadline))) wake(keeper_pid_);
  }
  return exit_;
}

Exit Process::stop(const Clock& clock, Duration grace, int signal) {
  const Instant deadline = clock.now() + grace;
  send(signal);
  while (keeper_ && clock.now() < deadline) {
    if (!take_report(milliseconds_left(clock, deadline))) wake(keeper_pid_);
  }
  kill();
  return exit_.value_or(Exit{-1, SIGKILL});
}

Result<Output> run(const Command& command, Guard& guard, const Clock& clock, Duration limit) {
  auto log = Process::open_log(command);
  if (!log) return std::unexpected(log.error());
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  Capture capture(UniqueFd(raw[0]), std::move(*log));
  UniqueFd writer(raw[1]);
  auto process = Process::launch(command, guard, writer.get());
  if (!process) return std::unexpected(process.error());
  writer.reset();
  const Instant deadline = clock.now() + limit;

  // A command may close its output long before it ends, and what it left running may keep it open
  // long after: neither alone is the end.
  constexpr int turn_ms = 20;
  bool open = true;
  while (!process->poll() && clock.now() < deadline) {
    if (open) {
      open = capture.take(turn_ms) != Capture::Taken::end;
    } else {
      static_cast<void>(process->wait(clock, deadline - clock.now()));
    }
  }
  const bool done = process->poll().has_value();
  const Exit exit = process->stop(clock, Duration(0), SIGKILL);
  while (capture.take(0) == Capture::Taken::some) {
  }
  if (!done) {
    return fail(ErrorKind::environment,
                fmt::format("{} was not done within {}\n{}", command.argv[0], human(limit),
                            printable(last_lines(capture.text(), 20))));
  }
  return Output{exit, capture.text()};
}

}  // namespace unrig::process
