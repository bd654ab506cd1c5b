#include "stats/two_way.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace unrig::stats {
namespace {

/// The measured trials of one block.
struct Block {
  std::vector<std::size_t> stacks;
  std::vector<double> deviations;  // from the block's mean
};

std::vector<Block> measured_blocks(const BlockTable& table) {
  std::vector<Block> blocks;
  for (std::size_t b = 0; b < table.blocks(); ++b) {
    Block block;
    for (std::size_t stack = 0; stack < table.stacks(); ++stack) {
      const auto value = table.log_at(b, stack);
      if (!value) continue;
      block.stacks.push_back(stack);
      block.deviations.push_back(*value);
    }
    if (block.stacks.empty()) continue;
    const double middle = mean(block.deviations);
    for (double& value : block.deviations) value -= middle;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

/// Numbers stacks so that those connected by common blocks have the same number.
std::vector<std::size_t> components(std::size_t stacks, std::span<const Block> blocks) {
  std::vector<std::size_t> component(stacks);
  std::iota(component.begin(), component.end(), std::size_t{0});
  for (const Block& block : blocks) {
    const std::size_t joined = component[block.stacks.front()];
    for (const std::size_t stack : block.stacks) {
      if (component[stack] != joined) std::ranges::replace(component, component[stack], joined);
    }
  }
  return component;
}

/// Inverts a symmetric positive definite matrix in place, by Gauss-Jordan without pivoting (safe
/// for such a matrix).
void invert(std::vector<double>& matrix, std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) {
    const double pivot = matrix[k * size + k];
    assert(pivot > 0);
    matrix[k * size + k] = 1;
    for (std::size_t j = 0; j < size; ++j) matrix[k * size + j] /= pivot;
    for (std::size_t i = 0; i < size; ++i) {
      if (i == k) continue;
      const double factor = matrix[i * size + k];
      matrix[i * size + k] = 0;
      for (std::size_t j = 0; j < size; ++j) matrix[i * size + j] -= factor * matrix[k * size + j];
    }
  }
}

/// The normal equations once the block effects are eliminated. They leave the level of each
/// component open; adding a constant within the components fixes the sum of its effects at 0.
std::vector<double> normal_matrix(std::span<const std::size_t> component,
                                  std::span<const Block> blocks) {
  const std::size_t size = component.size();
  std::vector<double> matrix(size * size);
  for (const Block& block : blocks) {
    const double share = 1 / static_cast<double>(block.stacks.size());
    for (const std::size_t i : block.stacks) {
      matrix[i * size + i] += 1;
      for (const std::size_t j : block.stacks) matrix[i * size + j] -= share;
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      if (component[i] == component[j]) matrix[i * size + j] += 1;
    }
  }
  return matrix;
}

double residual_squares(std::span<const double> effects, std::span<const Block> blocks) {
  double sum = 0;
  for (const Block& block : blocks) {
    double middle = 0;
    for (const std::size_t stack : block.stacks) middle += effects[stack];
    middle /= static_cast<double>(block.stacks.size());
    for (std::size_t i = 0; i < block.stacks.size(); ++i) {
      const double residual = block.deviations[i] - (effects[block.stacks[i]] - middle);
      sum += residual * residual;
    }
  }
  return sum;
}

}  // namespace

TwoWayFit::TwoWayFit(const BlockTable& table) : effects_(table.stacks()) {
  const std::vector<Block> blocks = measured_blocks(table);
  const std::size_t stacks = table.stacks();
  component_ = components(stacks, blocks);
  inverse_ = normal_matrix(component_, blocks);
  invert(inverse_, stacks);

  std::size_t trials = 0;
  std::vector<double> sums(stacks);
  for (const Block& block : blocks) {
    trials += block.stacks.size();
    for (std::size_t i = 0; i < block.stacks.size(); ++i) {
      sums[block.stacks[i]] += block.deviations[i];
    }
  }
  for (std::size_t i = 0; i < stacks; ++i) {
    for (std::size_t j = 0; j < stacks; ++j) effects_[i] += inverse_[i * stacks + j] * sums[j];
  }
  // A component of k stacks has k - 1 free effects.
  std::size_t free_effects = 0;
  for (std::size_t i = 0; i < stacks; ++i) {
    free_effects += std::ranges::find(component_, component_[i]) != component_.begin() + i ? 1 : 0;
  }
  degrees_of_freedom_ = trials - blocks.size() - free_effects;
  if (degrees_of_freedom_ > 0) {
    residual_deviation_ =
        std::sqrt(residual_squares(effects_, blocks) / static_cast<double>(degrees_of_freedom_));
  }
}

Estimate TwoWayFit::ratio(std::size_t a, std::size_t b, double confidence) const {
  const std::size_t stacks = effects_.size();
  assert(a < stacks && b < stacks && a != b);
  Estimate result{.estimate = std::numeric_limits<double>::quiet_NaN(), .confidence = confidence};
  if (component_[a] != component_[b]) return result;
  const double difference = effects_[a] - effects_[b];
  result.estimate = std::exp(difference);
  if (degrees_of_freedom_ + 1 < interval_values_min) return result;
  const double variance = inverse_[a * stacks + a] + inverse_[b * stacks + b] -
                          inverse_[a * stacks + b] - inverse_[b * stacks + a];
  const double half_width =
      t_factor(confidence, degrees_of_freedom_ + 1) * residual_deviation_ * std::sqrt(variance);
  result.low = std::exp(difference - half_width);
  result.high = std::exp(difference + half_width);
  return result;
}

}  // namespace unrig::stats
