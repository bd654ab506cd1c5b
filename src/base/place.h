/// \file
/// Where a path leads, found out step by step: nobody who may write in a folder on the way can send
/// root, or a private folder, somewhere else.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace unrig {

/// The folder that a file lies or will lie in, held open, and the file's name there. What is done
/// with openat() and its kin by this descriptor and this name cannot be led elsewhere.
struct Place {
  UniqueFd folder;  ///< opened with O_PATH
  std::string name;
  std::filesystem::path path;  ///< without links, as it was when it was walked
  /// The path goes through /proc (/dev/stdout, a shell's pipe): only the kernel can follow it, and
  /// only to what this process has open itself. `folder` and `name` are empty then.
  bool own_descriptor = false;
};

/// Follows every link, also that of the last step, whose end need not exist. As root only links of
/// root's are followed. Error: environment: a link of somebody else's, a missing folder, no rights.
[[nodiscard]] Result<Place> find_place(const std::filesystem::path& path);

/// `path` without links, where nobody but its owner and root can change what it leads to: every
/// folder on the way, and it itself if it exists, belongs to this process's user or to root, and
/// others may not write there (on the way: or it is sticky, as /tmp is). Folders that are missing
/// may be made. Error: environment, with what to do instead.
[[nodiscard]] Result<std::filesystem::path> private_path(const std::filesystem::path& path);

/// The same of a folder that is made with its parents where it is missing: looked at before, and
/// again afterwards, since somebody else may have made what was missing first.
[[nodiscard]] Result<std::filesystem::path> make_private_folder(const std::filesystem::path& path);

}  // namespace unrig
