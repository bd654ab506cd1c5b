/// \file
/// The keys of a stack.toml that say what a stack is made from: its files, its lock, how it is
/// built. Inside this module only.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/toml_reader.h"
#include "stack/spec.h"

namespace unrig::stack {

/// Whether its packages are those of a vintage's group: a Python stack without a lock of its own.
[[nodiscard]] bool has_groups(const StackSpec& spec);

/// Rejects a word of the key's list with a placeholder that is none of `names`, or that only a
/// shell understands.
void check_words(TableReader& reader, std::string_view key, std::span<const std::string> words,
                 std::span<const std::string_view> names);

/// The folders whose files a stack is made of, the last one its own. `shared`: where unrig's own
/// applications lie, `own`: those beside the stack's folder of stacks.
[[nodiscard]] std::vector<std::filesystem::path> layers_of(const StackSpec& spec,
                                                           const std::filesystem::path& shared,
                                                           const std::filesystem::path& own);

/// Reads files, lock, build and toolchain into the spec, whose folder and language are known.
/// Error: what source_files() says; what is wrong with a key is left to reader.finish().
[[nodiscard]] Result<> read_sources(TableReader& reader, const toml::table& table,
                                    std::span<const std::filesystem::path> layers, StackSpec& spec);

}  // namespace unrig::stack
