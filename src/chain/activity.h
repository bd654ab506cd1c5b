/// \file
/// What the application's sessions of the database do at one moment, as PostgreSQL tells it.
#pragma once

#include <string>

#include "chain/session.h"

namespace unrig::chain {

/// Numbers of sessions. Those that are idle, or wait for their client to say or read something, are
/// in none of them: the database has nothing to do for them.
struct Activity {
  int asleep = 0;               ///< in pg_sleep(): the delay that the scenario wants
  int working = 0;              ///< on a core, or ready for one
  int locked = 0;               ///< wait for a lock: of a table, of a row, of the server's own
  int io = 0;                   ///< wait for the disk
  int idle_in_transaction = 0;  ///< the application has not said yet what comes next
  bool operator==(const Activity&) const = default;
};

/// The question, for a session that may see what others do (pg_read_all_stats).
[[nodiscard]] std::string activity_sql();
/// What its answer says.
[[nodiscard]] Activity count_activity(const Rows& rows);

}  // namespace unrig::chain
