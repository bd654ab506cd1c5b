#include "chain/activity.h"

#include <fmt/format.h>

#include <string_view>

#include "chain/postgres.h"

namespace unrig::chain {
namespace {

std::string_view text(const Rows::value_type& row, std::string_view column) {
  const auto found = row.find(column);
  return found == row.end() ? std::string_view() : found->second;
}

/// Where a session of that row counts; null: nowhere.
int* place_in(Activity& activity, const Rows::value_type& row) {
  const std::string_view state = text(row, "state");
  if (state.starts_with("idle in transaction")) return &activity.idle_in_transaction;
  if (state == "idle") return nullptr;
  const std::string_view type = text(row, "wait_event_type");
  if (type == "Client") return nullptr;
  if (text(row, "wait_event") == "PgSleep") return &activity.asleep;
  if (type == "Lock" || type == "LWLock" || type == "BufferPin") return &activity.locked;
  return type == "IO" ? &activity.io : &activity.working;
}

}  // namespace

std::string activity_sql() {
  return fmt::format(
      "SELECT state, wait_event_type, wait_event, count(*) AS sessions FROM pg_stat_activity"
      " WHERE datname = '{}' AND backend_type = 'client backend' GROUP BY 1, 2, 3",
      database_name);
}

Activity count_activity(const Rows& rows) {
  Activity activity;
  for (const auto& row : rows) {
    if (int* place = place_in(activity, row)) *place += static_cast<int>(number(row, "sessions"));
  }
  return activity;
}

}  // namespace unrig::chain
