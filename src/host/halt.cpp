#include "host/halt.h"

#include <signal.h>

#include "process/tree.h"

namespace unrig::host {

bool Halt::stop(pid_t process) {
  constexpr auto limit = std::chrono::milliseconds(200);
  constexpr auto pause = std::chrono::microseconds(200);
  if (::kill(process, SIGSTOP) != 0) return false;
  stopped_.push_back(process);
  for (const Instant deadline = clock_.now() + limit;; clock_.sleep_for(pause)) {
    const auto entry = process::entry_of(process);
    if (!entry) return false;
    if (entry->state == 'T') return true;
    if (clock_.now() >= deadline) return false;
  }
}

void Halt::resume() {
  for (const pid_t process : stopped_) static_cast<void>(::kill(process, SIGCONT));
  stopped_.clear();
}

}  // namespace unrig::host
