/// \file
/// What a right answer to a trial's requests is.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/number.h"
#include "chain/row.h"
#include "load/load.h"

namespace unrig::trial {

/// Every body is a row of the table, the one that its request names, where requests name one; the
/// chain knows which.
class RowCheck final : public load::BodyCheck {
 public:
  explicit RowCheck(const chain::RowRule& rule) : rule_(rule) {}

  [[nodiscard]] bool right(std::string_view body, std::optional<std::uint32_t> key) const override {
    const bool is_right = chain::body_is_right(body, key, rule_);
    if (is_right && !key) note(body);
    return is_right;
  }
  /// Right answers, where requests name no row, that had the one of the answer before.
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }

 private:
  void note(std::string_view body) const {
    const auto row = to_number<std::int64_t>(body.substr(chain::a_at, chain::key_digits));
    if (row && last_.exchange(*row, std::memory_order_relaxed) == *row) ++repeated_;
  }

  chain::RowRule rule_;
  mutable std::atomic<std::int64_t> last_ = -1;
  mutable std::atomic<std::uint64_t> repeated_ = 0;
};

}  // namespace unrig::trial
