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
}

}  // namespace unrig::trial
