#include "cli/interrupt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include "base/result.h"

namespace unrig::cli {
namespace {

constexpr long turn_ns = 50'000'000;
/// How long the program may take to stop by itself after the second signal: then what it waits for
/// is ended under its hands, so that it still prints what there is.
constexpr int patience_turns = 60;  // 3 s
/// And how long until even that is not waited for.
constexpr int last_turns = patience_turns + 400;  // 20 s more

void tell(std::string_view line) {
  fmt::print(stderr, "\n{}\n", line);
}

}  // namespace

Interrupt::Interrupt(First first, process::Guard* guard) : first_(first), guard_(guard) {
  ::sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGCONT}) ::sigaddset(&signals_, number);
  // Blocked, a signal comes although it is ignored: nohup would be in vain.
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) != 0 || hangup.sa_handler != SIG_IGN)
    ::sigaddset(&signals_, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { take(); });
}

Interrupt::~Interrupt() {
  over_ = true;
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::take() {
  while (!over_) {
    const timespec short_wait{.tv_sec = 0, .tv_nsec = turn_ns};
    const int number = ::sigtimedwait(&signals_, nullptr, &short_wait);
    if (number > 0) {
      taken(number);
    } else if (stop_.now.stop_requested()) {
      still_stopping();
    }
  }
}

void Interrupt::taken(int number) {
  if (number == SIGCONT) {
    ++times_resumed_;
    return;
  }
  if (!measuring_) leave("interrupted before the first trial: nothing was measured");
  if (stop_.now.stop_requested()) leave("interrupted once more: ended without a table");
  if (number == SIGINT && first_ == First::finishes_trial && !stop_.finish) {
    stop_.finish = true;
    tell("interrupted: the running trial ends first; again to stop at once");
  } else {
    stop_.now.request_stop();
  }
}

void Interrupt::still_stopping() {
  ++turns_;
  if (turns_ == patience_turns && guard_ != nullptr) guard_->end_all();
  if (turns_ >= last_turns) leave("does not end by itself: ended without a table");
}

void Interrupt::leave(std::string_view why) {
  tell(why);
  // What the main thread finds broken from here on is of no interest.
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDERR_FILENO);
  if (guard_ != nullptr) guard_->end_all();
  ::_exit(exit_code(ErrorKind::interrupted));
}

}  // namespace unrig::cli
