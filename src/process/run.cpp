#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "process/process.h"

namespace unrig::process {
namespace {

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
