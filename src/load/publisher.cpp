#include "load/publisher.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace unrig::load {
namespace {

constexpr unsigned slot_bits = 4;
constexpr std::uint64_t slots_per_doubling = 1 << slot_bits;

/// The lowest value of a slot.
std::uint64_t lowest_of(std::size_t slot) {
  if (slot < slots_per_doubling) return slot;
  const std::size_t doubling = slot / slots_per_doubling - 1;
  return (slots_per_doubling + slot % slots_per_doubling) << doubling;
}

}  // namespace

std::size_t LiveCounts::slot_of(Duration response) {
  const auto value = static_cast<std::uint64_t>(std::max(response, Duration{0}).count());
  if (value < slots_per_doubling) return value;
  const unsigned doubling = static_cast<unsigned>(std::bit_width(value)) - slot_bits - 1;
  return doubling * slots_per_doubling + (value >> doubling);
}

Duration LiveCounts::quantile(double q) const {
  std::uint64_t total = 0;
  for (const auto& count : responses) total += count.load(std::memory_order_relaxed);
  if (total == 0) return Duration{0};
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
  std::uint64_t seen = 0;
  std::size_t slot = 0;
  for (; slot + 1 < slot_count; ++slot) {
    seen += responses[slot].load(std::memory_order_relaxed);
    if (seen >= std::max<std::uint64_t>(wanted, 1)) break;
  }
  return Duration{static_cast<std::int64_t>((lowest_of(slot) + lowest_of(slot + 1)) / 2)};
}

void Publisher::publish(Instant now) {
  if (live_ == nullptr) return;
  next_ = now + std::chrono::milliseconds(100);
  live_->completed.fetch_add(completed_, std::memory_order_relaxed);
  live_->failed.fetch_add(failed_, std::memory_order_relaxed);
  for (std::size_t slot = 0; slot < responses_.size(); ++slot) {
    if (responses_[slot] == 0) continue;
    live_->responses[slot].fetch_add(responses_[slot], std::memory_order_relaxed);
    responses_[slot] = 0;
  }
  completed_ = failed_ = 0;
}

}  // namespace unrig::load
