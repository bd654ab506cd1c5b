/// \file
/// How many requests the proxy has, as it says itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "chain/nginx.h"
#include "record/signals.h"

namespace unrig::trial {

class ProxySampler {
 public:
  /// An answer, or none within the limit.
  using Ask = std::function<Result<chain::ProxyStatus>(Duration limit)>;

  /// Without `ask` there is no proxy.
  explicit ProxySampler(Ask ask) : ask_(std::move(ask)) {}

  /// Asks once. A proxy that gave no answer is not asked again: that would take the watch's time.
  void look();
  void write(record::ProxySignals& proxy) const;

 private:
  Ask ask_;
  int looks_ = 0;
  double reading_sum_ = 0, writing_sum_ = 0;
  std::optional<chain::ProxyStatus> first_, last_;
  std::string failure_;
};

}  // namespace unrig::trial
