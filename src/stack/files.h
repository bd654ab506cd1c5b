/// \file
/// The files that a stack of a language other than Python is made of: those that the applications
/// of its language share, and over them those of its own folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace unrig::stack {

/// One of them.
struct SourceFile {
  std::string name;            ///< where it is laid, below {build}: "data/pool.go"
  std::filesystem::path from;  ///< where it lies
  bool runs = false;           ///< its owner may execute it
};

/// What they may be at most: who has more has something in its folder that is no part of it.
inline constexpr std::size_t most_source_files = 2000;
inline constexpr std::size_t longest_source_file = 8 << 20;

/// Whether the glob selects the name: `*` stands for any text, `/` too, `?` for any character.
[[nodiscard]] bool selects(std::string_view glob, std::string_view name);

/// The regular files below the layers that a glob selects, or all where there are no globs; sorted
/// by name, and of each name that of the last layer. Left out: stack.toml itself, whatever begins
/// with a dot, and what tools put there: node_modules, target, __pycache__. A layer that is not
/// there has none. Error: usage: too many, or a link, which leads out of the stack; environment: it
/// cannot be read.
[[nodiscard]] Result<std::vector<SourceFile>> source_files(
    std::span<const std::filesystem::path> layers, std::span<const std::string> globs);

/// SHA-256 of their names and contents. Error: environment: one cannot be read.
[[nodiscard]] Result<std::string> hash_of(std::span<const SourceFile> files);

/// Where it lies that is laid as `name`; null: there is none.
[[nodiscard]] const SourceFile* find(std::span<const SourceFile> files, std::string_view name);

/// The files by which the tools of a language know what a folder is made of.
struct ProjectFiles {
  std::string_view language;
  std::string_view manifest;      ///< "go.mod"; who brings one is a project by itself
  std::string_view lock;          ///< "go.sum"; empty: the language has none
  std::string_view asks;          ///< stands in a manifest that needs a lock; empty: each does
  std::string_view lock_command;  ///< makes the lock, in the manifest's folder
};
/// Of a language; one without names where unrig knows none.
[[nodiscard]] const ProjectFiles& project_files_of(std::string_view language);

}  // namespace unrig::stack
