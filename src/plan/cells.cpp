#include "plan/cells.h"

namespace unrig::plan {

record::Cell double_of(record::Cell baseline) {
  baseline.label += " (again)";
  baseline.role = record::Role::baseline_double;
  return baseline;
}

}  // namespace unrig::plan
