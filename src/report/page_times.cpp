#include "report/page_times.h"

#include "stats/hlog.h"

namespace unrig::report {

Result<> PageTimes::add(const std::string& label, const record::Histograms& trial) {
  auto& [response, service, issue_delay] = merged_[label];
  const std::pair<stats::Histogram*, const std::string*> all[] = {
      {&response, &trial.response}, {&service, &trial.service}, {&issue_delay, &trial.issue_delay}};
  for (const auto& [merged, bytes] : all) {
    const auto histogram = stats::unpack_histogram(*bytes);
    if (!histogram) return std::unexpected(histogram.error());
    merged->merge(*histogram);
  }
  return {};
}

std::map<std::string, record::Histograms> PageTimes::packed() const {
  std::map<std::string, record::Histograms> packed;
  for (const auto& [label, all] : merged_) {
    packed[label] = {.response = stats::pack_histogram(all[0]),
                     .service = stats::pack_histogram(all[1]),
                     .issue_delay = stats::pack_histogram(all[2])};
  }
  return packed;
}

}  // namespace unrig::report
