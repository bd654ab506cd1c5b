#include "record/gate.h"

namespace unrig::record {

std::string_view to_text(GateOutcome outcome) {
  switch (outcome) {
    case GateOutcome::passed:
      return "passed";
    case GateOutcome::failed:
      return "failed";
    case GateOutcome::undecided:
      return "undecided";
  }
  return "";
}

std::string_view to_text(GateUnit unit) {
  switch (unit) {
    case GateUnit::per_second:
      return "1/s";
    case GateUnit::microseconds:
      return "us";
    case GateUnit::ratio:
      return "ratio";
    case GateUnit::requests:
      return "requests";
    case GateUnit::fraction:
      return "fraction";
  }
  return "";
}

}  // namespace unrig::record
