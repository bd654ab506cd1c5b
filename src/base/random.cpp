#include "base/random.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <random>

namespace unrig {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// FNV-1a, 64 bits.
std::uint64_t label_hash(std::string_view label) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : label) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view label) {
  std::uint64_t mix = seed;
  mix = splitmix64(mix) ^ label_hash(label);
  for (auto& word : state_) word = splitmix64(mix);
}

std::uint64_t RandomStream::operator()() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double RandomStream::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  // Lemire 2019: multiply-shift, rejecting the few values that would favour low results.
  auto product = static_cast<unsigned __int128>((*this)()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>((*this)()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::exponential(double mean) {
  return -mean * std::log1p(-uniform());
}

double RandomStream::normal() {
  double u = 0;
  double s = 0;
  do {
    u = 2 * uniform() - 1;
    const double v = 2 * uniform() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s == 0);
  return u * std::sqrt(-2 * std::log(s) / s);
}

std::uint64_t fresh_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high << 32 | device()) >> 11;
}

std::string random_secret(std::size_t bytes) {
  std::random_device device;
  std::string text;
  while (text.size() < 2 * bytes) text += fmt::format("{:08x}", device());
  text.resize(2 * bytes);
  return text;
}

}  // namespace unrig
