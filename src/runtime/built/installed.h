/// \file
/// Which packages a build really has, as it lies on the disk.
#pragma once

#include "base/result.h"
#include "runtime/built/languages.h"
#include "runtime/runtime.h"

namespace unrig::runtime::built {

/// What the program that is served says of itself to `go version -m`, by the module's path. Error:
/// environment: it is no program of Go, or cannot be asked.
[[nodiscard]] Result<Packages> modules_of_program(const Build& build, const RunTool& run);

/// What lies in node_modules, by its path there: "a" and "a/node_modules/b". Error: environment: it
/// cannot be read.
[[nodiscard]] Result<Packages> node_modules_of(const Build& build, const RunTool& run);

/// The jars below {build}/lib, which lie there as in a repository of Maven's: "group:artifact". One
/// that does not is named by its path, without a version. Error: environment: there is no such
/// folder, or it cannot be read.
[[nodiscard]] Result<Packages> jars_of(const Build& build, const RunTool& run);

}  // namespace unrig::runtime::built
