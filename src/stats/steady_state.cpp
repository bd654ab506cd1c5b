#include "stats/steady_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "stats/interval.h"

namespace unrig::stats {
namespace {

constexpr std::size_t values_min = 40;
constexpr std::size_t values_max = 100;
constexpr std::size_t waves = 12;

std::vector<double> batch_means(std::span<const double> values, std::size_t batch) {
  std::vector<double> means;
  for (; values.size() >= batch; values = values.subspan(batch)) {
    means.push_back(mean(values.first(batch)));
  }
  return means;
}

/// The slowest waves at one place, or how much of them is in a series: cosines of half a turn, a
/// whole one, and so on. Those of white noise all have the noise's own variance; a constant has
/// none.
using Spectrum = std::array<double, waves>;

std::vector<Spectrum> waves_of(std::size_t count) {
  const auto size = static_cast<double>(count);
  std::vector<Spectrum> at(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t wave = 0; wave < waves; ++wave) {
      const double turn = std::numbers::pi * static_cast<double>(wave + 1) / size;
      at[i][wave] = std::sqrt(2 / size) * std::cos(turn * (static_cast<double>(i) + 0.5));
    }
  }
  return at;
}

void add(Spectrum& into, const Spectrum& wave, double factor) {
  for (std::size_t i = 0; i < waves; ++i) into[i] += factor * wave[i];
}

/// A shape that the level may have, and how much of it is in a series.
struct Shape {
  double change = 0;    ///< how often the shape is in the series, by least squares
  double size = 0;      ///< sum of its squared distances from its own mean
  Spectrum spectrum{};  ///< of the shape
};

/// How many standard errors the change has, the noise being what the fit leaves over.
double errors_of(const Shape& shape, const Spectrum& of_series) {
  double noise = 0;
  for (std::size_t i = 0; i < waves; ++i) {
    const double left = of_series[i] - shape.change * shape.spectrum[i];
    noise += left * left / (waves - 1);
  }
  // The smallest number keeps a series without any noise from being divided by 0.
  return std::abs(shape.change) * std::sqrt(shape.size / std::max(noise, 1e-300));
}

/// From 0 to 1 over the whole series.
Shape slope_of(std::span<const double> series, const std::vector<Spectrum>& at) {
  Shape slope;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double height = (static_cast<double>(i) + 0.5) / static_cast<double>(series.size()) - 0.5;
    slope.change += height * series[i];
    slope.size += height * height;
    add(slope.spectrum, at[i], height);
  }
  slope.change /= slope.size;
  return slope;
}

}  // namespace

Drift find_drift(std::span<const double> values, const DriftRule& rule) {
  const std::size_t group = (values.size() + values_max - 1) / values_max;
  const std::vector<double> series =
      values.empty() ? std::vector<double>{} : batch_means(values, group);
  if (series.size() < values_min || mean(series) <= 0) return {};
  const std::size_t count = series.size();
  const std::vector<Spectrum> at = waves_of(count);
  Spectrum of_series{};
  for (std::size_t i = 0; i < count; ++i) add(of_series, at[i], series[i]);

  Shape best = slope_of(series, at);
  Drift drift{.shape = Drift::Shape::slope};
  // Jumps from 0 to 1, the last one first: each holds one value more than the one before.
  Shape jump;
  const double total = mean(series) * static_cast<double>(count);
  double after = 0;
  for (std::size_t place = count; place-- > count / 5;) {
    after += series[place];
    add(jump.spectrum, at[place], 1);
    if (place > count - count / 5) continue;
    const auto before_count = static_cast<double>(place);
    const auto after_count = static_cast<double>(count - place);
    jump.change = after / after_count - (total - after) / before_count;
    jump.size = before_count * after_count / static_cast<double>(count);
    if (errors_of(jump, of_series) <= errors_of(best, of_series)) continue;
    best = jump;
    drift = {.shape = Drift::Shape::jump, .at = place * group};
  }
  drift.change = best.change / mean(series);
  // The two halves of a slope differ by half of what it rises.
  const double apart = drift.shape == Drift::Shape::slope ? drift.change / 2 : drift.change;
  const bool found =
      errors_of(best, of_series) >= rule.errors_min && std::abs(apart) > rule.tolerance;
  return found ? drift : Drift{.shape = Drift::Shape::none};
}

}  // namespace unrig::stats
