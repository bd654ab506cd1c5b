#include "trial/pool_sampler.h"

#include <fmt/format.h>

#include <algorithm>

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

/// How long an answer is waited for, and from when on the pooler did not serve: its console answers
/// within milliseconds where it has a core.
constexpr Duration patience = std::chrono::seconds(1);
constexpr Duration silence_limit = milliseconds(300);

}  // namespace

void PoolSampler::look(Instant end) {
  if (!ask_ || !failure_.empty()) return;
  const Instant asked = clock_.now();
  const auto sample = ask_(std::clamp<Duration>(end - asked, milliseconds(50), patience));
  silence_ = std::max(silence_, std::optional(clock_.now() - asked));
  if (!sample) {
    failure_ = sample.error().what;
    return;
  }
  ++samples_;
  most_ = std::max(most_, sample->servers);
  open_sum_ += sample->servers;
  active_sum_ += sample->servers_active;
  waiting_sum_ += sample->clients_waiting;
}

void PoolSampler::write(record::SessionSignals& sessions) const {
  using Mean = record::Reading<double>;
  const std::string why = !ask_              ? "only a pooler counts them, and there is none"
                          : failure_.empty() ? "the window is too short"
                                             : failure_;
  sessions.silence_seconds = silence_ ? Mean(seconds(*silence_)) : Mean::not_checked(why);
  if (samples_ == 0) {
    sessions.most = record::Reading<int>::not_checked(why);
    sessions.mean = sessions.active_mean = sessions.waiting_mean = Mean::not_checked(why);
    return;
  }
  sessions.cut_short = failure_;
  sessions.most = most_;
  sessions.mean = open_sum_ / samples_;
  sessions.active_mean = active_sum_ / samples_;
  sessions.waiting_mean = waiting_sum_ / samples_;
}

std::optional<record::Mishap> PoolSampler::mishap(Duration own_stall) const {
  if (!silence_ || *silence_ - own_stall < silence_limit) return std::nullopt;
  return record::Mishap{
      .reason = fmt::format("the pooler did not answer for {}{}", human(*silence_),
                            failure_.empty() ? "" : ": " + failure_),
      .who = {record::Component::pooler}};
}

}  // namespace unrig::trial
