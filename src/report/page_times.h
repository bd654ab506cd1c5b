/// \file
/// What the trials of each cell took, all together: for the page, which has no room for every
/// trial's histograms.
#pragma once

#include <array>
#include <map>
#include <string>

#include "base/result.h"
#include "record/record.h"
#include "stats/histogram.h"

namespace unrig::report {

/// Merges the packed histograms of trials by cell.
class PageTimes {
 public:
  /// Error: usage, where a histogram cannot be unpacked.
  [[nodiscard]] Result<> add(const std::string& label, const record::Histograms& trial);
  /// By label; nothing of cells of which nothing was added.
  [[nodiscard]] std::map<std::string, record::Histograms> packed() const;

 private:
  std::map<std::string, std::array<stats::Histogram, 3>> merged_;  // response, service, issue delay
};

}  // namespace unrig::report
