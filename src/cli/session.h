/// \file
/// What several commands share: the store under --home, and where a record goes.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "record/json.h"
#include "record/store.h"

namespace unrig::cli {

/// The store of --home. Error: environment.
[[nodiscard]] Result<record::Store> open_store(const CommonOptions& common);

/// Where that store is, or will be.
[[nodiscard]] std::filesystem::path store_file(const CommonOptions& common);

/// Fails early, before anything is measured, when `option` names a file that cannot be written.
/// What is there stays as it is until there is something to write. Error: usage.
[[nodiscard]] Result<> check_target(const std::string& option, const std::filesystem::path& file);

/// Fails early when --json names a file that cannot be written. Does nothing for "" and "-".
[[nodiscard]] Result<> check_json_target(const CommonOptions& common);

/// Writes the document where --json says: nowhere, to the file, or to standard output.
[[nodiscard]] Result<> write_json(const CommonOptions& common, const record::Json& document);

/// Prints text for people on standard output, unless the document goes there.
void print_text(const CommonOptions& common, const std::string& text);

}  // namespace unrig::cli
