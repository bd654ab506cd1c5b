/// \file
/// Guard and keepers that somebody has stopped (SIGSTOP, a debugger): they are no part of what is
/// measured, and who waits for them must not wait for ever.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace unrig::process {

/// Lets the process go on if it is stopped, and tells so on standard error.
void wake(pid_t process);

/// The same for a guard and its keepers.
void wake_below(pid_t guard);

/// One line on standard error.
void tell(std::string_view what);

}  // namespace unrig::process
