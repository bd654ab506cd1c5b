/// \file
/// How long tasks stood still for want of something, as the kernel sums it up (PSI; its document
/// accounting/psi.rst). Many kernels have none, and none is needed.
#pragma once

#include <optional>
#include <string_view>

#include "base/units.h"

namespace unrig::host {

/// Since boot, the time in which some task at least waited. Empty for another text.
[[nodiscard]] std::optional<Duration> parse_pressure(std::string_view text);

/// Of "cpu", "memory" or "io". Empty: the kernel does not tell.
[[nodiscard]] std::optional<Duration> pressure(std::string_view resource);

}  // namespace unrig::host
