#include "trial/activity_sampler.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace unrig::trial {
namespace {

/// Other samplers wait meanwhile; a database with a core answers within milliseconds.
constexpr Duration activity_patience = std::chrono::milliseconds(300);

/// The largest number that a fifth of these reach, of one at least.
int reached_in_a_fifth(std::vector<int> numbers) {
  constexpr std::size_t fifth = 5;
  const auto place =
      numbers.begin() + static_cast<std::ptrdiff_t>((numbers.size() + fifth - 1) / fifth - 1);
  std::ranges::nth_element(numbers, place, std::greater{});
  return *place;
}

}  // namespace

void ActivitySampler::look() {
  if (!failure_.empty()) return;
  const auto now = ask_(activity_patience);
  if (!now) {
    failure_ = now.error().what;
    return;
  }
  ++looks_;
  sum_.asleep += now->asleep;
  asleep_.push_back(now->asleep);
  sum_.working += now->working;
  sum_.locked += now->locked;
  sum_.io += now->io;
  sum_.idle_in_transaction += now->idle_in_transaction;
}

void ActivitySampler::write(record::ActivitySignals& activity) const {
  using Mean = record::Reading<double>;
  // Half a window's answers would be those of another time than the rest of the record.
  if (looks_ == 0 || !failure_.empty()) {
    const std::string why = failure_.empty() ? "the window is too short" : failure_;
    activity.asleep = activity.working = activity.locked = activity.io =
        activity.idle_in_transaction = Mean::not_checked(why);
    activity.looks = activity.asleep_p80 = record::Reading<int>::not_checked(why);
    return;
  }
  const auto mean = [this](int sum) { return static_cast<double>(sum) / looks_; };
  activity.asleep = mean(sum_.asleep);
  activity.working = mean(sum_.working);
  activity.locked = mean(sum_.locked);
  activity.io = mean(sum_.io);
  activity.idle_in_transaction = mean(sum_.idle_in_transaction);
  activity.looks = looks_;
  activity.asleep_p80 = reached_in_a_fifth(asleep_);
}

}  // namespace unrig::trial
