#include "trial/proxy_sampler.h"

namespace unrig::trial {
namespace {

/// Other samplers wait meanwhile; a worker of the proxy with a core answers within milliseconds.
constexpr Duration proxy_patience = std::chrono::milliseconds(300);

}  // namespace

void ProxySampler::look() {
  if (!ask_ || !failure_.empty()) return;
  const auto now = ask_(proxy_patience);
  if (!now) {
    failure_ = now.error().what;
    return;
  }
  ++looks_;
  reading_sum_ += now->reading;
  writing_sum_ += now->writing;
  if (!first_) first_ = *now;
  last_ = *now;
}

void ProxySampler::write(record::ProxySignals& proxy) const {
  if (looks_ == 0 || !failure_.empty()) {
    const std::string why = !ask_              ? "there is no proxy"
                            : failure_.empty() ? "the window is too short"
                                               : failure_;
    proxy.reading = proxy.writing = record::Reading<double>::not_checked(why);
    proxy.refused = record::Reading<std::uint64_t>::not_checked(why);
    return;
  }
  proxy.reading = reading_sum_ / looks_;
  proxy.writing = writing_sum_ / looks_;
  proxy.refused = (last_->accepted - last_->handled) - (first_->accepted - first_->handled);
}

}  // namespace unrig::trial
