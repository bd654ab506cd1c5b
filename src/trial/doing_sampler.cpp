#include "trial/doing_sampler.h"

#include <algorithm>
#include <numeric>

namespace unrig::trial {
namespace {

/// In one look.
constexpr std::size_t most_threads = 32;

}  // namespace

void DoingSampler::look() {
  for (std::size_t i = 0; i < std::min(threads_, most_threads); ++i) {
    const auto doing = reads_.doing(next_);
    next_ = (next_ + 1) % threads_;
    if (doing) ++found_[static_cast<std::size_t>(*doing)];
  }
}

void DoingSampler::write(record::DoingSignals& doing) const {
  using Mean = record::Reading<double>;
  using host::Doing;
  const auto all = std::accumulate(found_.begin(), found_.end(), std::uint64_t{0});
  if (all == 0) {
    doing.watched = doing.running = doing.accepting = doing.selecting = doing.polling =
        doing.epolling = doing.receiving = doing.locked = Mean::not_checked(
            "the kernel does not tell, or not unrig (/proc/PID/task/TID/syscall)");
    return;
  }
  // Of those that were looked at in turn each stands for the others.
  const auto mean = [&](Doing what) {
    return static_cast<double>(found_[static_cast<std::size_t>(what)]) *
           static_cast<double>(threads_) / static_cast<double>(all);
  };
  doing.watched = static_cast<double>(threads_);
  doing.running = mean(Doing::running);
  doing.accepting = mean(Doing::accepting);
  doing.selecting = mean(Doing::selecting);
  doing.polling = mean(Doing::polling);
  doing.epolling = mean(Doing::epolling);
  doing.receiving = mean(Doing::receiving);
  doing.locked = mean(Doing::locked);
}

}  // namespace unrig::trial
