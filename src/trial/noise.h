/// \file
/// What others do on this machine while nothing is measured.
#pragma once

#include <functional>

#include "base/clock.h"
#include "record/record.h"

namespace unrig::trial {

/// The machine beside unrig's own processes, for `length` or until `stop` says so; asked ten times
/// a second. `counts_programs`: false where the server that is measured is itself such a program.
[[nodiscard]] record::Disturbance look_around(const Clock& clock, Duration length,
                                              const std::function<bool()>& stop,
                                              bool counts_programs = true);

}  // namespace unrig::trial
