/// \file
/// For tests: stores as earlier versions left them.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "base/file.h"

namespace unrig::record {

/// Runs SQL on the file, which it makes when missing.
inline void execute_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(raw);
  sqlite3_close(raw);
}

/// Makes the store of format 1, without histograms, that tests/data has: three runs, of which the
/// first was interrupted.
inline void make_store_of_format_1(const std::filesystem::path& file) {
  const auto sql = read_file(std::filesystem::path(UNRIG_TEST_DATA) / "store_format_1.sql");
  ASSERT_TRUE(sql) << sql.error().what;
  execute_sql(file, *sql);
}

}  // namespace unrig::record
