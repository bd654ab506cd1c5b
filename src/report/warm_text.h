/// \file
/// How long trials warmed up until their level held.
#pragma once

#include <string>

#include "record/record.h"

namespace unrig::report {

/// A line for each stack: how much longer than usual, and how often the level did not hold; ""
/// where nothing was extended.
[[nodiscard]] std::string warm_text(const record::Run& run);

}  // namespace unrig::report
