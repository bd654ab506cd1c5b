/// \file
/// Ratios between the cells of a run, paired by block, with all that their intervals have to allow
/// for. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/figures.h"
#include "record/record.h"
#include "stats/blocks.h"
#include "stats/interval.h"
#include "stats/neighbours.h"
#include "stats/pairs.h"

namespace unrig::analysis {

/// Of one figure. The run must outlive it.
class Ratios {
 public:
  explicit Ratios(const record::Run& run, Figure figure, Blocks blocks = Blocks::table);

  /// a over b, cells by their place in the manifest. NaN without a common block. Where the number
  /// of blocks followed from the data, the interval allows for it.
  [[nodiscard]] stats::Estimate of(std::size_t a, std::size_t b, double confidence = 0.95) const;
  [[nodiscard]] stats::Estimate of(const std::string& a, const std::string& b) const;
  /// Common blocks.
  [[nodiscard]] std::size_t blocks(std::size_t a, std::size_t b) const;

  /// Each of `cells` over `base`, which is none of them, by intervals that hold together: all of
  /// them cover with 95 %. Never narrower than the one that holds by itself.
  [[nodiscard]] std::vector<stats::Estimate> together(const std::vector<std::size_t>& cells,
                                                      std::size_t base) const;
  /// All pairs of `cells`, by their place in that list; decisions and intervals hold together, with
  /// 95 % or, where the number of blocks followed from the data, what that takes.
  [[nodiscard]] std::vector<stats::Pair> all_pairs(const std::vector<std::size_t>& cells) const;

  /// a over b as it would be without its first common block, without its second one, …
  [[nodiscard]] std::vector<stats::Estimate> without_each(std::size_t a, std::size_t b) const;
  /// As stats::rank_chances() has them, of `cells` by their place in that list.
  [[nodiscard]] std::vector<std::vector<double>> rank_chances(
      const std::vector<std::size_t>& cells) const;

  [[nodiscard]] const stats::BlockTable& table() const { return table_; }
  /// Of consecutive trials of a cell; not set: not looked for, with fewer than eight blocks.
  [[nodiscard]] const std::optional<stats::Likeness>& likeness() const { return likeness_; }

 private:
  [[nodiscard]] double correlation() const { return likeness_ ? likeness_->correlation : 0; }
  [[nodiscard]] stats::Estimate estimate(const std::vector<double>& log_differences,
                                         double counting, double confidence) const;
  /// What to ask for, so that intervals hold with `confidence`.
  [[nodiscard]] double asked(double confidence) const;

  const record::Run& run_;
  bool sequential_;  ///< the number of blocks followed from these figures
  stats::BlockTable table_;
  std::optional<stats::Likeness> likeness_;
};

}  // namespace unrig::analysis
