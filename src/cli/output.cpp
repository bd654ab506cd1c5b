#include "cli/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "base/secrets.h"
#include "base/text.h"
#include "report/look.h"

namespace unrig::cli {
namespace {

Error no_memory() {
  return {
      ErrorKind::environment, "out of memory",
      "ask for less: a lower rate, a shorter time, fewer clients; `ulimit -v` and `free -m` show "
      "what there is"};
}

Error of_files(const std::filesystem::filesystem_error& error) {
  std::error_code gone;
  static_cast<void>(std::filesystem::current_path(gone));
  if (!gone) return {ErrorKind::environment, error.what(), {}};
  return {ErrorKind::environment,
          fmt::format("the current folder is not there: {}", gone.message()), "cd to one that is"};
}

Error of_system(const std::system_error& error) {
  const std::error_condition condition = error.code().default_error_condition();
  if (condition == std::errc::not_enough_memory) return no_memory();
  if (condition == std::errc::resource_unavailable_try_again) {
    return {ErrorKind::environment,
            fmt::format("no thread or process can be made: {}", error.what()),
            "`ulimit -u` and pids.max of the cgroup say how many there may be"};
  }
  return {ErrorKind::internal, error.what(), {}};
}

}  // namespace

void keep_standard_descriptors() {
  ::signal(SIGPIPE, SIG_IGN);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(standard, F_GETFD) >= 0) continue;
    // The lowest free number is this one. Opened the wrong way round: every use fails with EBADF.
    static_cast<void>(::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

Result<> print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno == EPIPE) {
      return {};
    } else if (errno != EINTR) {
      return fail(ErrorKind::environment,
                  fmt::format("cannot write to standard output: {}", strerrordesc_np(errno)),
                  "check where it goes, and that there is room on that disk");
    }
  }
  return {};
}

Result<int> exit_after(const Result<>& done) {
  if (!done) return std::unexpected(done.error());
  return 0;
}

Error error_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const std::length_error&) {
    return no_memory();  // a container longer than there can be
  } catch (const std::filesystem::filesystem_error& error) {
    return of_files(error);
  } catch (const std::system_error& error) {
    return of_system(error);
  } catch (const std::exception& error) {
    return {ErrorKind::internal, fmt::format("internal error: {}", error.what()), {}};
  } catch (...) {
    return {ErrorKind::internal, "internal error: an exception of unknown type", {}};
  }
}

int report(const Error& error, bool no_color) {
  using report::Tone;
  const report::Look look = report::look_of(STDERR_FILENO, {.colours = !no_color});
  std::string text =
      fmt::format("{} {}\n", report::toned("unrig:", Tone::bad, look), printable(error.what));
  if (!error.help.empty()) {
    text +=
        fmt::format("{} {}\n", report::toned("help:", Tone::strong, look), printable(error.help));
  }
  text = without_credentials(text);
  // Where even this cannot be written, the exit code is all that is left to tell.
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  return exit_code(error.kind);
}

}  // namespace unrig::cli
