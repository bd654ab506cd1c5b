/// \file
/// Seeded random streams. One printed seed per run; each use draws from its own named stream, so
/// that adding a use does not shift the numbers of another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace unrig {

/// xoshiro256** (Blackman and Vigna 2018), seeded through splitmix64. Not for secrets.
class RandomStream {
 public:
  using result_type = std::uint64_t;

  /// The same seed and label give the same numbers on every machine.
  RandomStream(std::uint64_t seed, std::string_view label);

  std::uint64_t operator()();
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

  /// Uniform on [0, 1), 53 bits.
  double uniform();
  /// Uniform on 0 … bound-1, without bias. bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Exponential with the given mean, by inversion.
  double exponential(double mean);
  /// Standard normal, by the polar method (Marsaglia and Bray 1964).
  double normal();

  /// Fisher-Yates.
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

/// A seed nobody chose, from the kernel; below 2^53, so that JSON readers keep every digit.
[[nodiscard]] std::uint64_t fresh_seed();

/// `bytes` random bytes as lower-case hex, from the kernel; good for passwords.
[[nodiscard]] std::string random_secret(std::size_t bytes);

}  // namespace unrig
