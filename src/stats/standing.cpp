#include "stats/standing.h"

#include <cassert>
#include <utility>

namespace unrig::stats {

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::faster:
      return "faster";
    case Standing::slower:
      return "slower";
    case Standing::equivalent:
      return "equivalent";
    case Standing::undecided:
      return "undecided";
  }
  std::unreachable();
}

Standing standing(const Estimate& ratio, double margin) {
  assert(margin >= 0);
  if (!ratio.low || !ratio.high) return Standing::undecided;
  const double above = 1 + margin;
  const double below = 1 / above;
  if (*ratio.low > above) return Standing::faster;
  if (*ratio.high < below) return Standing::slower;
  if (*ratio.low >= below && *ratio.high <= above) return Standing::equivalent;
  return Standing::undecided;
}

}  // namespace unrig::stats
