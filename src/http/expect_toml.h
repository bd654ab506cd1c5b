/// \file
/// Reads an expectation from a TOML table:
/// `expect = { status = 200, json = { "user.id" = 7 }, length = "100..200" }`.
#pragma once

#include <toml++/toml.h>
#include <filesystem>

#include "base/result.h"
#include "http/expect.h"

namespace unrig::http {

/// `table` is what stands behind `expect`, in `file`. TOML has no null; a table within `json` is
/// one more name: `json = { user = { id = 7 } }`. Error: usage, with file, line and column.
[[nodiscard]] Result<Expectation> read_expectation(const std::filesystem::path& file,
                                                   const toml::table& table);

}  // namespace unrig::http
