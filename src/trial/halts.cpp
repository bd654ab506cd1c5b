#include "trial/halts.h"

#include <fmt/format.h>

namespace unrig::trial {

void Halts::write(record::MachineSignals& machine) const {
  // The two clocks are read one after the other.
  constexpr Duration noise = std::chrono::milliseconds(10);
  if (!first_.slept || !last_.slept) {
    machine.suspended_seconds = record::Reading<double>::not_checked("the kernel does not tell");
    return;
  }
  const Duration slept = *last_.slept - *first_.slept;
  machine.suspended_seconds = slept > noise ? seconds(slept) : 0;
}

std::optional<record::Mishap> Halts::mishap() const {
  const std::uint64_t times = last_.resumed - first_.resumed;
  if (times == 0) return std::nullopt;
  return record::Mishap{.reason = fmt::format("unrig was stopped{} by a signal, as SIGSTOP does",
                                              times == 1 ? "" : fmt::format(" {} times", times))};
}

}  // namespace unrig::trial
