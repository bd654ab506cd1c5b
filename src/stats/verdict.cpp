#include "stats/verdict.h"

#include <cassert>
#include <utility>

namespace unrig::stats {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return "faster";
    case Verdict::slower:
      return "slower";
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::undecided:
      return "undecided";
  }
  std::unreachable();
}

Verdict verdict(const Estimate& ratio, double margin) {
  assert(margin >= 0);
  if (!ratio.low || !ratio.high) return Verdict::undecided;
  const double above = 1 + margin;
  const double below = 1 / above;
  if (*ratio.low > above) return Verdict::faster;
  if (*ratio.high < below) return Verdict::slower;
  if (*ratio.low >= below && *ratio.high <= above) return Verdict::equivalent;
  return Verdict::undecided;
}

}  // namespace unrig::stats
