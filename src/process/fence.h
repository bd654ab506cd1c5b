/// \file
/// A fence around a program and all that it starts: what it cannot do to others, although they run
/// as the same account. The kernel keeps it (Landlock, seccomp): it takes no right, and nobody gets
/// out. docs/security.md says what it is for.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"

namespace unrig::process {

/// Who is within it
/// - writes, makes, renames and removes nothing but in `writable`;
/// - reads no file in `hidden`, but those in `writable` and `readable`;
/// - signals and traces nobody outside, and connects to no abstract Unix socket of theirs;
/// - sets no resource limit of a process that it names by number.
/// All else is as without it: ports, other Unix sockets, programs. Paths are absolute; what is not
/// there is left out. What comes to lie beside a folder on the way to a hidden one later cannot be
/// read either.
struct Fence {
  std::vector<std::filesystem::path> writable = {};  ///< folders with all in them, or files
  std::vector<std::filesystem::path> hidden = {};    ///< folders with all in them
  std::vector<std::filesystem::path> readable = {};  ///< folders with all in them, or files
};

/// What fences this kernel makes: the version of its Landlock, 0 where it has none or makes no use
/// of it. The smaller, the less they keep.
[[nodiscard]] int fence_version();
/// What those of that version do not keep, and which Linux does; empty: they keep all.
[[nodiscard]] std::string fence_gaps(int version);

/// The fence as a descriptor, closed on exec, which close_fence() takes; empty where this kernel
/// makes none. `output` may be opened anew for writing, as /dev/stderr is. Error: an errno.
[[nodiscard]] std::expected<UniqueFd, int> make_fence(const Fence& fence, int output);
/// Closes it around this process, for good; only calls the kernel. False with errno.
[[nodiscard]] bool close_fence(int fence);

}  // namespace unrig::process
