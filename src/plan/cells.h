/// \file
/// Which cells a run has, made from those that were asked for. Pure.
#pragma once

#include "record/record.h"

namespace unrig::plan {

/// The baseline once more: how far the two come apart is what means nothing.
[[nodiscard]] record::Cell double_of(record::Cell baseline);

}  // namespace unrig::plan
