#include "trial/frequency_sampler.h"

#include <algorithm>
#include <span>

namespace unrig::trial {
namespace {

double middle(std::span<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

void FrequencySampler::look() {
  if (const auto mhz = read_()) mhz_.push_back(*mhz);
}

void FrequencySampler::write(record::MachineSignals& machine) const {
  if (const auto change = change_between_halves(mhz_)) {
    machine.frequency_change = *change;
    return;
  }
  machine.frequency_change = record::Reading<double>::not_checked(
      mhz_.empty() ? "this machine does not tell" : "too few readings: the window is too short");
}

std::optional<double> change_between_halves(std::vector<double> values) {
  if (values.size() < 4) return std::nullopt;
  const std::size_t half = values.size() / 2;
  const double before = middle(std::span(values).first(half));
  if (before <= 0) return std::nullopt;
  return middle(std::span(values).last(half)) / before - 1;
}

}  // namespace unrig::trial
