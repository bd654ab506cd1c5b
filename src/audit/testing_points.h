/// \file
/// For tests: what became of a point of the contract, with all that it has to say then.
#pragma once

#include "record/check.h"

namespace unrig::audit {

inline bool holds(const record::Point& point) {
  return point.outcome == record::PointOutcome::holds;
}
inline bool fails(const record::Point& point) {
  return point.outcome == record::PointOutcome::fails && !point.where.empty() &&
         !point.help.empty();
}
inline bool is_open(const record::Point& point) {
  return point.outcome == record::PointOutcome::not_checked && !point.observed.empty();
}

}  // namespace unrig::audit
