#include "trial/memory_sampler.h"

namespace unrig::trial {

void MemorySampler::look(std::span<const Part> parts) {
  found_[record::Component::load] = own_();
  for (const Part& part : parts) found_[part.component] = read_(part.root);
}

void MemorySampler::write(record::Signals& signals) const {
  for (auto& [component, signal] : signals.processes) {
    const auto found = found_.find(component);
    if (found == found_.end() || !found->second) {
      signal.memory_bytes = record::Reading<std::int64_t>::not_checked(
          "/proc does not tell of its processes after the load");
    } else {
      signal.memory_bytes = *found->second;
    }
  }
  write(signals.growth);
}

/// Of those that lived through the window: who comes within it has not grown by all that it has.
void MemorySampler::write(record::GrowthSignals& growth) const {
  using Bytes = record::Reading<std::int64_t>;
  constexpr std::size_t looks = 3;
  if (growth_.size() != looks) {
    growth.memory = growth.memory_late = Bytes::not_checked("the window was too short");
    return;
  }
  std::int64_t all = 0, late = 0;
  bool any = false;
  for (const auto& [process, first] : growth_[0]) {
    const auto half = growth_[1].find(process), last = growth_[2].find(process);
    if (half == growth_[1].end() || last == growth_[2].end()) continue;
    any = true;
    all += last->second - first;
    late += last->second - half->second;
  }
  const auto found = [&](std::int64_t bytes) {
    return any ? Bytes(bytes) : Bytes::not_checked("/proc does not tell of its processes");
  };
  growth.memory = found(all);
  growth.memory_late = found(late);
}

}  // namespace unrig::trial
