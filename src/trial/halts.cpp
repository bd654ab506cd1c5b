#include "trial/halts.h"

#include <fmt/format.h>

namespace unrig::trial {

namespace {

/// By how much it has changed, either way; 0 where no more than `noise`.
record::Reading<double> change_of(const std::optional<Duration>& first,
                                  const std::optional<Duration>& last, Duration noise) {
  if (!first || !last) return record::Reading<double>::not_checked("the kernel does not tell");
  const Duration change = std::chrono::abs(*last - *first);
  return change > noise ? seconds(change) : 0;
}

}  // namespace

void Halts::write(record::MachineSignals& machine) const {
  // Clocks are read one after the other; those of the second pair as close together as it gets.
  using std::chrono::milliseconds;
  machine.suspended_seconds = change_of(first_.slept, last_.slept, milliseconds(10));
  machine.clock_set_seconds = change_of(first_.day_ahead, last_.day_ahead, milliseconds(1));
}

std::optional<record::Mishap> Halts::mishap() const {
  const std::uint64_t times = last_.resumed - first_.resumed;
  if (times == 0) return std::nullopt;
  return record::Mishap{.reason = fmt::format("unrig was stopped{} by a signal, as SIGSTOP does",
                                              times == 1 ? "" : fmt::format(" {} times", times))};
}

}  // namespace unrig::trial
