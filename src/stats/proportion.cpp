#include "stats/proportion.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cassert>
#include <limits>
#include <vector>

namespace unrig::stats {

Estimate share_interval(std::span<const Part> parts, double confidence) {
  using Binomial = boost::math::binomial_distribution<>;
  std::vector<double> shares;
  double hits = 0;
  double all = 0;
  for (const Part& part : parts) {
    assert(part.hits <= part.all);
    if (part.all == 0) continue;
    shares.push_back(static_cast<double>(part.hits) / static_cast<double>(part.all));
    hits += static_cast<double>(part.hits);
    all += static_cast<double>(part.all);
  }
  Estimate share{.estimate = all > 0 ? hits / all : std::numeric_limits<double>::quiet_NaN(),
                 .confidence = confidence};
  if (shares.size() < interval_values_min) return share;
  const Estimate between = mean_interval(shares, confidence);
  const double half = (*between.high - *between.low) / 2;
  const double tail = (1 - confidence) / 2;
  share.low =
      std::clamp(share.estimate - half, 0.0, Binomial::find_lower_bound_on_p(all, hits, tail));
  share.high =
      std::clamp(share.estimate + half, Binomial::find_upper_bound_on_p(all, hits, tail), 1.0);
  return share;
}

}  // namespace unrig::stats
