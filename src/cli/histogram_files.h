/// \file
/// The files of HdrHistogram that --hgrm and --hlog ask for.
#pragma once

#include <filesystem>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/targets.h"
#include "stats/histogram.h"

namespace unrig::cli {

/// Where they go; "-": standard output, "": not asked for.
struct HistogramFiles {
  std::filesystem::path hgrm, hlog;
};

/// What they are of: the times within one window.
struct HistogramSource {
  const stats::Histogram& response;
  const stats::Histogram& service;
  const stats::Histogram& issue_delay;
  WallTime start;
  double length_s = 0;
};

/// With --json, for check_targets().
[[nodiscard]] std::vector<Target> targets_of(const std::filesystem::path& json,
                                             const HistogramFiles& files);

/// Those that were asked for. Error: environment.
[[nodiscard]] Result<> write_histograms(const HistogramFiles& files, const HistogramSource& source);

}  // namespace unrig::cli
