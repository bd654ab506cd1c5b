/// \file
/// The bytes of one thread's requests: the same for all, or with a key that is drawn for each and
/// written into them in place, so that no request costs memory and all have one length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "load/share.h"
#include "load/transport.h"

namespace unrig::load {

/// The n-th request of a thread has the n-th number of the stream of the plan's seed that is named
/// after the thread's first client. The share must outlive it, and it the transport, which may
/// still read what was sent when everything else has ended.
class Requests {
 public:
  Requests(const Plan& plan, const Share& share);

  /// A new one, for the slot, whose last one has been answered or given up.
  [[nodiscard]] std::string_view next(Slot slot) {
    if (keys_) draw(slot);
    return of(slot);
  }
  /// The last one of the slot.
  [[nodiscard]] std::string_view of(Slot slot) const {
    return keys_ ? std::string_view(own_).substr(slot * same_.size(), same_.size()) : same_;
  }
  /// What the last one of the slot asks for; none where the plan has no keys.
  [[nodiscard]] std::optional<std::uint32_t> key(Slot slot) const {
    return keys_ ? std::optional(drawn_[slot]) : std::nullopt;
  }
  [[nodiscard]] std::size_t size() const { return same_.size(); }  ///< of each

 private:
  void draw(Slot slot);

  std::optional<Keys> keys_;
  RandomStream random_;
  std::string_view same_;             // all of them, but for the key
  std::size_t key_at_ = 0;            // within a request
  std::string own_;                   // with keys: one after the other, by slot
  std::vector<std::uint32_t> drawn_;  // by slot
};

}  // namespace unrig::load
