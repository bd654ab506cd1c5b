/// \file
/// strace(1), attached to a server for a while.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/process.h"

namespace unrig::audit {

/// What strace with these options writes of the processes, and of what they start, while
/// `meanwhile` runs. `folder`: of unrig's own, for its output. Error: environment: strace is not
/// there, or may not look: `what` says why, in few words.
[[nodiscard]] Result<std::string> traced(std::span<const pid_t> processes,
                                         const std::vector<std::string>& options,
                                         const std::filesystem::path& folder, process::Guard& guard,
                                         const Clock& clock,
                                         const std::function<void()>& meanwhile);

}  // namespace unrig::audit
