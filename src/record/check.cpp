#include "record/check.h"

#include <algorithm>

namespace unrig::record {
namespace {

/// Of several: one that fails weighs more than one that nobody knows.
PointOutcome worst_of(bool any_fails, bool any_open) {
  if (any_fails) return PointOutcome::fails;
  return any_open ? PointOutcome::not_checked : PointOutcome::holds;
}

}  // namespace

std::string_view to_text(PointOutcome outcome) {
  switch (outcome) {
    case PointOutcome::holds:
      return "holds";
    case PointOutcome::fails:
      return "fails";
    case PointOutcome::recorded:
      return "recorded";
    case PointOutcome::not_checked:
      return "not checked";
  }
  return "not checked";
}

PointOutcome CheckedStack::outcome() const {
  const auto any = [&](PointOutcome wanted) {
    return std::ranges::any_of(
        points, [&](const Point& point) { return point.demanded && point.outcome == wanted; });
  };
  const bool seen = failure.empty() && !points.empty();
  return worst_of(any(PointOutcome::fails), !seen || any(PointOutcome::not_checked));
}

PointOutcome Check::outcome() const {
  const auto any = [&](PointOutcome wanted) {
    return std::ranges::any_of(
        stacks, [&](const CheckedStack& stack) { return stack.outcome() == wanted; });
  };
  return worst_of(any(PointOutcome::fails), stacks.empty() || any(PointOutcome::not_checked));
}

}  // namespace unrig::record
