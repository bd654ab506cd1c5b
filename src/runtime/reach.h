/// \file
/// Whether the account that applications run as gets at one that lies in somebody's own folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/folders.h"
#include "stack/spec.h"

namespace unrig::runtime {

/// What the stack's server needs of its own: its folder, the program of its command, and what runs
/// that where it is a script. Links are not followed. What has a placeholder in it is unrig's to
/// find, and not among them.
[[nodiscard]] std::vector<std::filesystem::path> own_paths(const stack::StackSpec& spec);

/// The first line of a script that names its interpreter: "#!/srv/shop/venv/bin/python3 -u". Empty:
/// it is none.
[[nodiscard]] std::filesystem::path interpreter_in(std::string_view script);

/// The commands that let everybody come to what lies at `path`, where permissions of a folder on
/// the way, or its own, keep them off. Empty: none does.
[[nodiscard]] std::string letting_in(const std::filesystem::path& path);

/// Error: environment: the account cannot read one of own_paths(), with what helps.
[[nodiscard]] Result<> check_reach(const stack::StackSpec& spec, const host::Folders& folders);

}  // namespace unrig::runtime
