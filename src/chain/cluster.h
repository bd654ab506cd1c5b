/// \file
/// What a cluster of PostgreSQL has in it: a database with one table, three roles and their rights,
/// as the statements that make them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chain/row.h"
#include "host/endpoint.h"

namespace unrig::chain {

inline constexpr std::string_view database_name = "unrig";
/// Superuser and owner of the table: logs in while the cluster is made, and never again.
inline constexpr std::string_view owner_role = "unrig";
inline constexpr std::string_view observer_role = "observer";  ///< unrig's own questions: counters
inline constexpr std::string_view application_role = "app";    ///< may read the table
inline constexpr int database_port = 5432;  ///< of a Unix socket only a part of its name

/// Passwords of the two roles of a cluster, kept beside it.
struct Passwords {
  std::string application;
  std::string observer;
};

/// \name The statements that fill a new cluster, in their order
/// @{
/// In the database `postgres`, for where the cluster will listen.
[[nodiscard]] std::string database_sql(const Passwords& passwords, const host::Endpoint& here);
/// In ours: the table, without a row.
[[nodiscard]] std::string table_sql();
/// `count` of its rows, from a = `first` on.
[[nodiscard]] std::string rows_sql(const RowRule& rule, std::uint32_t first, std::uint32_t count);
/// What the table needs when its rows are there.
[[nodiscard]] std::string index_sql();
/// Takes from everybody what the two roles do not need.
[[nodiscard]] std::string rights_sql();
/// @}

}  // namespace unrig::chain
