/// \file
/// Whether stacks can run on this machine, asked without making or starting anything of theirs.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/process.h"
#include "stack/chain.h"
#include "stack/interpreter.h"
#include "stack/spec.h"

namespace unrig::stack {

/// The programs that every chain needs and this machine lacks: one error of kind environment for
/// each, with the command that gets it.
[[nodiscard]] std::vector<Error> missing_programs(process::Guard& guard, const Clock& clock);

/// For each stack the interpreter that its environment has or would have. Errors as those of
/// Chain::prepare; of what building an environment needs, only uv is looked for, and only where the
/// environment is not there yet. Makes no folder.
[[nodiscard]] std::vector<Result<Interpreter>> find_interpreters(std::span<const Selection> stacks,
                                                                 const Places& places,
                                                                 process::Guard& guard,
                                                                 const Clock& clock);

}  // namespace unrig::stack
