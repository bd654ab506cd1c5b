#include "trial/census_sampler.h"

#include <utility>

namespace unrig::trial {

void CensusSampler::Most::see(int number) {
  auto& [first, second] = largest_;
  if (first && number <= *first) {
    if (!second || number > *second) second = number;
    return;
  }
  second = std::exchange(first, number);
}

record::Reading<int> CensusSampler::Most::seen_twice(const char* why_not) const {
  const auto& second = largest_[1];
  return second ? record::Reading<int>(*second) : record::Reading<int>::not_checked(why_not);
}

void CensusSampler::look() {
  const Look now = read_();
  if (now.processes == 0) return;
  processes_.see(now.processes);
  threads_.see(now.threads);
  if (now.connections) connections_.see(*now.connections);
  if (now.serving) serving_.see(*now.serving);
}

void CensusSampler::write(record::CensusSignals& census) const {
  constexpr const char* why =
      "the window is too short for two looks, or /proc does not show its processes";
  census.processes = processes_.seen_twice(why);
  census.threads = threads_.seen_twice(why);
  census.serving = serving_.seen_twice(
      "the window is too short for two looks, or the kernel does not show who holds connections");
  census.connections_of_one = connections_.seen_twice(
      "it is looked at where connections to a pooler are kept and the kernel shows who holds them, "
      "twice at least");
}

}  // namespace unrig::trial
