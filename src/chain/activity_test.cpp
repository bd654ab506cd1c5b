#include "chain/activity.h"

#include <gmock/gmock.h>

namespace unrig::chain {
namespace {

/// As the server answers; "" is null.
Rows::value_type row(const char* state, const char* type, const char* event, const char* sessions) {
  return {
      {"state", state}, {"wait_event_type", type}, {"wait_event", event}, {"sessions", sessions}};
}

TEST(Activity, TellsWorkFromWhatIsWantedAndFromWhatTheApplicationDoes) {
  const Rows rows{row("active", "Timeout", "PgSleep", "40"),
                  row("active", "", "", "3"),
                  row("active", "IPC", "ParallelFinish", "1"),
                  row("active", "Lock", "relation", "7"),
                  row("active", "LWLock", "BufferMapping", "2"),
                  row("active", "BufferPin", "BufferPin", "1"),
                  row("active", "IO", "DataFileRead", "5"),
                  row("active", "Client", "ClientWrite", "11"),
                  row("idle in transaction", "Client", "ClientRead", "6"),
                  row("idle in transaction (aborted)", "Client", "ClientRead", "2"),
                  row("idle", "Client", "ClientRead", "99"),
                  row("", "", "", "1")};
  EXPECT_EQ(
      count_activity(rows),
      (Activity{.asleep = 40, .working = 5, .locked = 10, .io = 5, .idle_in_transaction = 8}));
  EXPECT_EQ(count_activity({}), Activity{});
}

TEST(Activity, IsAskedOfTheApplicationsDatabaseAlone) {
  EXPECT_THAT(activity_sql(), ::testing::HasSubstr("datname = 'unrig'"));
}

}  // namespace
}  // namespace unrig::chain
