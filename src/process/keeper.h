/// \file
/// The process between the guard and one program: starts it, reports how it ended, ends all that
/// is left of it on request and when unrig is gone.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "process/wire.h"

namespace unrig::process {

/// How long programs have between the farewell signal and KILL when unrig is gone.
inline constexpr Duration farewell_time = std::chrono::milliseconds(1500);

/// Turns the calling process, a fresh fork with one thread, into a keeper. `unrig` is the socket
/// for reports and signals, `output` what the program writes to.
[[noreturn]] void keep(const Launch& launch, UniqueFd unrig, UniqueFd output);

}  // namespace unrig::process
