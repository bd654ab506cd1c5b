#include "cli/interrupt.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include "base/result.h"

namespace unrig::cli {
namespace {

/// How long the program may take to stop by itself after the second signal.
constexpr int patience_turns = 200;  // of 50 ms

}  // namespace

Interrupt::Interrupt(First first) : first_(first) {
  ::sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { take(); });
}

Interrupt::~Interrupt() {
  over_ = true;
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::take() {
  int turns = 0;
  while (!over_) {
    const timespec short_wait{.tv_sec = 0, .tv_nsec = 50'000'000};
    const int number = ::sigtimedwait(&signals_, nullptr, &short_wait);
    const bool stopping = stop_.now.stop_requested();
    if (number < 0) {
      if (stopping && ++turns > patience_turns) ::_exit(exit_code(ErrorKind::interrupted));
      continue;
    }
    if (!measuring_ || stopping) {
      // Nothing to keep, or the third signal: the guard ends everything that was started.
      ::_exit(exit_code(ErrorKind::interrupted));
    }
    if (number == SIGINT && first_ == First::finishes_trial && !stop_.finish) {
      stop_.finish = true;
      fmt::print(stderr, "\ninterrupted: the running trial ends first; again to stop at once\n");
    } else {
      stop_.now.request_stop();
    }
  }
}

}  // namespace unrig::cli
