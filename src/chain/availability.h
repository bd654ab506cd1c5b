/// \file
/// Whether a chain can run on a host, asked without making or starting anything.
#pragma once

#include <vector>

#include "base/result.h"
#include "host/host.h"

namespace unrig::chain {

/// The programs that every chain needs and it lacks: one error of kind environment for
/// each, with the command that gets it.
[[nodiscard]] std::vector<Error> missing_programs(host::Host& host);

}  // namespace unrig::chain
