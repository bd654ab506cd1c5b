/// \file
/// Strict reading of TOML files: every key must be known, every error names file, line and column.
#pragma once

#include <toml++/toml.h>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace unrig {

/// Reads and parses. Error: usage for broken TOML, environment for a file that cannot be read.
[[nodiscard]] Result<toml::table> parse_toml(const std::filesystem::path& file);

/// "file:line:column: what" of kind usage.
[[nodiscard]] Error toml_error(const std::filesystem::path& file, const toml::source_region& where,
                               std::string_view what, std::string help = {});

/// Takes values out of one table. The first thing wrong is remembered, later reads give defaults;
/// `finish` reports it, or a key that nobody asked for. Refers to file and table.
class TableReader {
 public:
  TableReader(const std::filesystem::path& file, const toml::table& table)
      : file_(file), table_(table) {}

  /// Without a fallback it is required, and must not be empty.
  std::string text(std::string_view key, const std::optional<std::string>& fallback = {});
  std::vector<std::string> texts(std::string_view key, bool required = false);
  bool flag(std::string_view key, bool fallback);
  /// Null when there is none.
  const toml::table* table(std::string_view key);

  /// Whatever it is, for who reads it by himself; null when there is none.
  const toml::node* value(std::string_view key);

  /// Where the key's value stands; the table's own place when there is none.
  [[nodiscard]] const toml::source_region& where(std::string_view key) const;
  /// Remembers an error that the caller found.
  void reject(const toml::source_region& where, std::string_view what, std::string help = {});

  [[nodiscard]] Result<> finish();

 private:
  const toml::node* find(std::string_view key, bool required, std::string_view wanted);
  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted);

  const std::filesystem::path& file_;
  const toml::table& table_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
  std::optional<Error> missing_;  ///< comes last: a misspelt key is missing, too
};

}  // namespace unrig
