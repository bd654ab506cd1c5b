#include "record/examination.h"

namespace unrig::record {

std::string_view to_text(Gravity gravity) {
  switch (gravity) {
    case Gravity::fine:
      return "fine";
    case Gravity::matters:
      return "matters";
    case Gravity::spoils:
      return "spoils";
    case Gravity::not_checked:
      return "not checked";
  }
  return "not checked";
}

}  // namespace unrig::record
