/// \file
/// The site of URLs that somebody else serves: nothing is started there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "campaign/site.h"
#include "trial/url_bench.h"

namespace unrig::campaign {

/// The cells of two URLs, labelled by them.
[[nodiscard]] std::vector<record::Cell> cells_of(const std::string& a, const std::string& b);

/// Two URLs under the same load. `clock` must outlive it.
class UrlSite final : public Site {
 public:
  /// `targets`: those of the run's cells, in their order.
  UrlSite(std::vector<trial::UrlTarget> targets, const Clock& clock,
          trial::TimesResumed times_resumed)
      : targets_(std::move(targets)), clock_(clock), times_resumed_(std::move(times_resumed)) {}

  /// Asks each for the answer that counts as its own; that they differ becomes a note of the last
  /// cell. Error: measurement, where one of them gives no right answer; interrupted.
  [[nodiscard]] Result<> prepare(record::Manifest& manifest, experiment::Watcher& watcher,
                                 const std::stop_token& stop) override;
  [[nodiscard]] plan::Bench& bench() override { return *bench_; }

 private:
  std::vector<trial::UrlTarget> targets_;
  const Clock& clock_;
  trial::TimesResumed times_resumed_;
  std::optional<trial::UrlBench> bench_;
};

}  // namespace unrig::campaign
