/// \file
/// Languages whose stacks are built, or run as they are laid out: Go, Java, Node, Rust, and
/// whatever CMake builds. One folder under home for each stack, by the hash of all that it is made
/// from.
#pragma once

#include <memory>

#include "runtime/built/languages.h"
#include "runtime/runtime.h"

namespace unrig::runtime::built {

/// `language` outlives it.
[[nodiscard]] std::unique_ptr<Runtime> make_runtime(const Language& language, const Places& places,
                                                    const Means& means);

}  // namespace unrig::runtime::built
