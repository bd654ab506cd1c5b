/// \file
/// What several commands share: the store under --home, and where a record goes.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "record/json.h"
#include "record/store.h"
#include "report/look.h"

namespace unrig::cli {

/// The store of --home, to be written; makes what is missing. Error: environment, also where the
/// home belongs to somebody else or others may write in it.
[[nodiscard]] Result<record::Store> open_store(const CommonOptions& common);
/// The same, only to be read: anybody's home that can be read, and nothing is made or changed.
[[nodiscard]] Result<record::Store> open_store_to_read(const CommonOptions& common);

/// Where that store is, or will be.
[[nodiscard]] std::filesystem::path store_file(const CommonOptions& common);

/// Fails early, before anything is measured, when `option` names a file that cannot be written.
/// What is there stays as it is until there is something to write. Error: usage.
[[nodiscard]] Result<> check_target(const std::string& option, const std::filesystem::path& file);

/// Fails early when --json names a file that cannot be written. Does nothing for "" and "-".
[[nodiscard]] Result<> check_json_target(const CommonOptions& common);

/// Says once, on standard error, which system calls have to be replaced by slower ones.
void tell_missing_calls(const CommonOptions& common);

/// How text for people looks on standard output.
[[nodiscard]] report::Look look_of(const CommonOptions& common);

/// Writes the document where --json says, nowhere, to a file or to standard output, and then prints
/// the text for people, unless the document went there. Each is tried whatever became of the other.
/// Error: environment, of the first that failed.
[[nodiscard]] Result<> publish(const CommonOptions& common, const record::Json& document,
                               const std::string& text);

}  // namespace unrig::cli
