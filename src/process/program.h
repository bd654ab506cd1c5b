/// \file
/// From a keeper to the program: fork, the child's surroundings, exec.
#pragma once

#include <sys/types.h>

#include <expected>

#include "process/wire.h"

namespace unrig::process {

/// Leaves this process's user for good, all groups but one included. False with errno. For a
/// process with one thread.
[[nodiscard]] bool become_user(const User& user);

/// Forks a child of the calling process, which must have one thread and 0, 1 and 2 open, and
/// returns when it has become the program. The child leads its own group, has 0, 1, 2 and no other
/// descriptor, default signal handling, and gets its farewell when its parent dies. `fence`: from
/// make_fence(), around the child; empty: none. Error: the report of what failed.
[[nodiscard]] std::expected<pid_t, Report> start_program(const Launch& launch, int output,
                                                         const UniqueFd& fence);

}  // namespace unrig::process
