/// \file
/// Whether the parts of the chain can do their work at all: who ended, who was stopped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "process/process.h"

namespace unrig::chain {

/// Why a part cannot do its work: its program has ended, or one of its processes is stopped by a
/// signal, or its control group is frozen; with the last line of its log. Empty where it can, as
/// far as can be seen. Never waits.
[[nodiscard]] std::optional<std::string> fault_of(std::string_view name, process::Process& process);

}  // namespace unrig::chain
