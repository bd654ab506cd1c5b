#include "trial/census_sampler.h"

#include <algorithm>
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

void CensusSampler::Workforce::see(const std::vector<pid_t>& now,
                                   const std::vector<pid_t>& living) {
  known.see(now);
  const auto number = std::ranges::count_if(living, [&](pid_t pid) { return known.knows(pid); });
  most = std::max(most, static_cast<int>(number));
}

record::Reading<int> CensusSampler::Workforce::number(const char* why_not) const {
  return known.can_tell() ? record::Reading<int>(most) : record::Reading<int>::not_checked(why_not);
}

void CensusSampler::look() {
  const Look now = read_();
  if (now.processes.empty()) return;
  processes_.see(static_cast<int>(now.processes.size()));
  threads_.see(now.threads);
  if (now.connections) connections_.see(*now.connections);
  if (now.at_work) at_work_.see(*now.at_work, now.processes);
  if (now.serving) serving_.see(*now.serving, now.processes);
  if (now.serving || now.at_work) programs_.see(now.programs);
}

void CensusSampler::write(record::CensusSignals& census) const {
  constexpr const char* why =
      "the window is too short for two looks, or /proc does not show its processes";
  census.processes = processes_.seen_twice(why);
  census.threads = threads_.seen_twice(why);
  constexpr const char* why_not_who =
      "the window is too short for two looks, or the kernel does not show who holds connections";
  census.serving = serving_.number(not_serving_ != nullptr ? not_serving_ : why_not_who);
  census.at_work = at_work_.number(
      "it is looked at where there is a pooler and the kernel shows who holds connections, twice "
      "at least");
  if (programs_.can_tell()) {
    std::vector<std::string> programs;
    for (const auto& [program, times] : programs_.times()) {
      if (programs_.knows(program)) programs.push_back(program);
    }
    census.programs = std::move(programs);
  } else {
    census.programs = record::Reading<std::vector<std::string>>::not_checked(why_not_who);
  }
  census.connections_of_one = connections_.seen_twice(
      "it is looked at where connections to a pooler are kept and the kernel shows who holds them, "
      "twice at least");
}

}  // namespace unrig::trial
