/// \file
/// Figures of the trials that a finding is made of, by cell and block. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "record/record.h"
#include "stats/blocks.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// One figure of a trial; NaN where the trial does not have it.
using Figure = double (*)(const record::Trial&);
[[nodiscard]] double throughput(const record::Trial& trial);  ///< requests per second
[[nodiscard]] double p50(const record::Trial& trial);  ///< of the response time, microseconds
[[nodiscard]] double p90(const record::Trial& trial);
[[nodiscard]] double p95(const record::Trial& trial);
[[nodiscard]] double p99(const record::Trial& trial);
[[nodiscard]] double p999(const record::Trial& trial);

/// Requests that the throughput comes from: those that ended within the window. 0: not known.
[[nodiscard]] double counted_requests(const record::Trial& trial);

/// Which blocks are meant.
enum class Blocks {
  table,      ///< planned and make-up blocks
  fresh,      ///< those that confirm a finding of the others
  perturbed,  ///< those of cells with one setting changed, and of the same unchanged
};

/// The trials that count (record::counts()) of the cell with that label, in the order in which they
/// ran. In perturbed blocks those of a perturbation, too.
[[nodiscard]] std::vector<const record::Trial*> valid_trials(const record::Run& run,
                                                             const std::string& label,
                                                             Blocks blocks = Blocks::table);

/// The figure of these trials: geometric mean and interval. Of the throughput, as far as counting
/// whole requests may have moved it, too.
[[nodiscard]] stats::Estimate estimate_of(const std::vector<const record::Trial*>& trials,
                                          Figure figure, double confidence = 0.95);

/// Why the quantile of these trials is no number worth saying; empty where it is one.
[[nodiscard]] std::string missing_quantile(const std::vector<const record::Trial*>& trials,
                                           double quantile);

/// Whether the number of those blocks followed from their own figures: an interval then has to
/// allow for it (stats/stopping.h). Fresh blocks of older runs were as many as were asked for; of
/// later ones, --fresh-blocks may have asked for more after a look at the first.
[[nodiscard]] bool number_followed(const record::Manifest& manifest, Blocks blocks = Blocks::table);

/// The figure of all valid trials, cells in the manifest's order; missing where it is not known, or
/// not above 0 and so has no logarithm.
[[nodiscard]] stats::BlockTable table_of(const record::Run& run, Figure figure,
                                         Blocks blocks = Blocks::table);

/// Place of a cell in the manifest; the number of cells where there is none with that label.
[[nodiscard]] std::size_t index_of(const record::Run& run, const std::string& label);

/// ln(a / b) of every block in which both have the figure.
[[nodiscard]] std::vector<double> log_differences(const record::Run& run, Figure figure,
                                                  const std::string& a, const std::string& b,
                                                  Blocks blocks = Blocks::table);

}  // namespace unrig::analysis
