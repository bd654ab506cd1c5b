#include "stats/steady_state.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "stats/interval.h"

namespace unrig::stats {
namespace {

/// Below it, noise alone puts the best cut into the middle in more than 2 % of steady series
/// (simulated: 16 % at 7, 10 % at 10, 2.2 % at 20, 1.5 % at 25).
constexpr std::size_t batches_min = 25;
constexpr std::size_t values_min = 6;

std::vector<double> batch_means(std::span<const double> values, std::size_t batch) {
  std::vector<double> means;
  for (; values.size() >= batch; values = values.subspan(batch)) {
    means.push_back(mean(values.first(batch)));
  }
  return means;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<double> median_of_three(std::span<const double> values) {
  std::vector<double> smooth(values.begin(), values.end());
  for (std::size_t i = 1; i + 1 < values.size(); ++i) {
    smooth[i] = median({values[i - 1], values[i], values[i + 1]});
  }
  // An end has one neighbour only; the level next to it stands in for the other.
  smooth.front() = median({values[0], smooth[1], smooth[2]});
  smooth.back() = median({values.back(), smooth[smooth.size() - 2], smooth[smooth.size() - 3]});
  return smooth;
}

/// Standard deviation of the noise: neighbours differ by sqrt 2 times as much, and half of all
/// normal differences are within 0.6745 standard deviations.
double noise_of(std::span<const double> values) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < values.size(); ++i) {
    steps.push_back(std::abs(values[i] - values[i - 1]));
  }
  return median(std::move(steps)) / (0.6745 * std::sqrt(2.0));
}

/// First value of each level after the first. `penalty` in the unit of a sum of squares.
std::vector<std::size_t> pelt(std::span<const double> values, double penalty) {
  const std::size_t count = values.size();
  const double centre = mean(values);
  std::vector<double> sums(count + 1);
  std::vector<double> squares(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[i] - centre;  // keeps the differences of sums exact enough
    sums[i + 1] = sums[i] + value;
    squares[i + 1] = squares[i] + value * value;
  }
  const auto cost = [&](std::size_t from, std::size_t to) {
    const double sum = sums[to] - sums[from];
    return squares[to] - squares[from] - sum * sum / static_cast<double>(to - from);
  };
  std::vector<double> best(count + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> last_shift(count + 1);
  best[0] = 0;
  std::vector<std::size_t> candidates{0};
  for (std::size_t to = 1; to <= count; ++to) {
    for (const std::size_t from : candidates) {
      const double total = best[from] + cost(from, to) + penalty;
      if (total < best[to]) {
        best[to] = total;
        last_shift[to] = from;
      }
    }
    std::erase_if(candidates,
                  [&](std::size_t from) { return best[from] + cost(from, to) > best[to]; });
    candidates.push_back(to);
  }
  std::vector<std::size_t> shifts;
  for (std::size_t at = last_shift[count]; at > 0; at = last_shift[at]) shifts.push_back(at);
  std::ranges::reverse(shifts);
  return shifts;
}

/// Sets shape and settled_at from the shifts.
void classify(Course& course, std::span<const double> values, const ShiftRule& rule) {
  std::vector<std::size_t> starts{0};
  starts.insert(starts.end(), course.shifts.begin(), course.shifts.end());
  const auto level = [&](std::size_t i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : values.size();
    return mean(values.subspan(starts[i], end - starts[i]));
  };
  const double last = level(starts.size() - 1);
  const double slack = rule.tolerance * std::abs(last);
  std::size_t settled = starts.size() - 1;
  while (settled > 0 && std::abs(level(settled - 1) - last) <= slack) --settled;
  course.settled_at = starts[settled];
  if (settled == 0) {
    course.shape = Course::Shape::flat;
    return;
  }
  const auto tail = static_cast<double>(values.size() - course.settled_at);
  if (tail < rule.tail_min * static_cast<double>(values.size())) {
    course.shape = Course::Shape::unsteady;
    return;
  }
  course.shape = Course::Shape::rising;
  for (std::size_t i = 0; i < settled; ++i) {
    if (level(i) > last + slack) course.shape = Course::Shape::falling;
  }
}

}  // namespace

Truncation mser(std::span<const double> values, std::size_t batch) {
  assert(batch > 0);
  const std::vector<double> means = batch_means(values, batch);
  if (means.size() < batches_min) return {};
  const std::size_t middle = means.size() / 2;
  double smallest = std::numeric_limits<double>::infinity();
  std::size_t cut = 0;
  for (std::size_t discard = 0; discard <= middle; ++discard) {
    const auto rest = std::span(means).subspan(discard);
    const auto size = static_cast<double>(rest.size());
    const double deviation = standard_deviation(rest);
    const double squared_error = deviation * deviation * (size - 1) / (size * size);
    if (squared_error < smallest) {
      smallest = squared_error;
      cut = discard;
    }
  }
  if (cut == middle) return {.state = Truncation::State::unsteady};
  return {.state = Truncation::State::steady, .discard = cut * batch};
}

Course level_shifts(std::span<const double> values, const ShiftRule& rule) {
  Course course;
  if (values.size() < values_min) return course;
  const std::vector<double> smooth = median_of_three(values);
  // Levels that differ by less than the tolerance do not matter, so finer noise need not be known.
  const double noise = std::max(noise_of(values), 0.1 * rule.tolerance * std::abs(mean(values)));
  course.shifts =
      pelt(smooth, rule.penalty * std::log(static_cast<double>(values.size())) * noise * noise);
  classify(course, smooth, rule);
  return course;
}

}  // namespace unrig::stats
