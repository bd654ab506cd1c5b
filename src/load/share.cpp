#include "load/share.h"

#include <algorithm>

namespace unrig::load {
namespace {

/// The part of `whole` things that the thread `index` of `threads` gets.
int part(int whole, int index, int threads) {
  return whole / threads + (index < whole % threads ? 1 : 0);
}

/// The sum of the parts of the threads before `index`.
int parts_before(int whole, int index, int threads) {
  return whole / threads * index + std::min(index, whole % threads);
}

/// Warm-up at the first rate, then the window, each with its own exact count.
std::vector<Duration> whole_schedule(const Plan& plan, const OpenLoop& loop) {
  RandomStream random(plan.seed, "arrivals");
  const auto warmup =
      arrivals::schedule({loop.rate, loop.rate, plan.warmup}, loop.arrivals, random);
  const arrivals::Phase phase{loop.rate, loop.end_rate.value_or(loop.rate), plan.duration};
  auto times = arrivals::schedule(phase, loop.arrivals, random);
  if (warmup.empty()) return times;
  for (Duration& time : times) time += plan.warmup;
  times.insert(times.begin(), warmup.begin(), warmup.end());
  return times;
}

}  // namespace

std::size_t slots_for(int connections) {
  constexpr int most_lingering = 1000;
  return static_cast<std::size_t>(connections) +
         static_cast<std::size_t>(std::min(connections, most_lingering));
}

int connections(const Plan& plan) {
  const auto* closed = std::get_if<ClosedLoop>(&plan.loop);
  return closed != nullptr ? closed->clients : std::get<OpenLoop>(plan.loop).connections;
}

std::vector<Share> divide(const Plan& plan, const std::string& request) {
  const int whole = connections(plan);
  const int threads = std::min(plan.threads, whole);
  std::vector<Share> shares;
  for (int i = 0; i < threads; ++i) {
    shares.push_back({request, part(whole, i, threads), parts_before(whole, i, threads), {}});
  }
  if (const auto* loop = std::get_if<OpenLoop>(&plan.loop)) {
    std::vector<Duration> schedule = whole_schedule(plan, *loop);
    if (shares.size() == 1) {
      shares.front().schedule = std::move(schedule);
      return shares;
    }
    for (Share& share : shares) share.schedule.reserve(schedule.size() / shares.size() + 1);
    for (std::size_t k = 0; k < schedule.size(); ++k) {
      shares[k % shares.size()].schedule.push_back(schedule[k]);
    }
  }
  return shares;
}

}  // namespace unrig::load
