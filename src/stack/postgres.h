/// \file
/// A private PostgreSQL: a cluster made once and reused, reached over a Unix socket only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/process.h"
#include "stack/health.h"
#include "stack/service.h"
#include "stack/session.h"

namespace unrig::stack {

/// The table `test`: a = 0 … row_count-1, b = 20 digits of (a * row_multiplier + row_increment)
/// mod 2^64.
inline constexpr std::uint32_t row_count = 1'000'000;
inline constexpr std::uint64_t row_multiplier = 6364136223846793005U;
inline constexpr std::uint64_t row_increment = 1442695040888963407U;

inline constexpr std::string_view database_name = "unrig";
inline constexpr std::string_view owner_role = "unrig";      ///< superuser: unrig's own questions
inline constexpr std::string_view application_role = "app";  ///< may read the table
inline constexpr int database_port = 5432;  ///< only a part of the socket's file name

/// The statements that fill a new cluster: those of the database `postgres`, then those of ours.
[[nodiscard]] std::string database_sql();
[[nodiscard]] std::string table_sql();

/// postgresql.conf of a running chain. Files and sockets lie in `runtime`.
[[nodiscard]] std::string postgres_config(const std::filesystem::path& runtime,
                                          int max_connections);
/// pg_ident.conf: these OS users may come as the two roles.
[[nodiscard]] std::string identity_map(std::span<const std::string> os_users);

/// The folder of the newest PostgreSQL's programs. Error: environment.
[[nodiscard]] Result<std::filesystem::path> find_postgres(process::Guard& guard,
                                                          const Clock& clock);

/// Counters since the cluster was made.
struct DatabaseTotals {
  std::uint64_t rows_read = 0;  ///< index scans of the table's primary key
  /// Commits and rollbacks, without unrig's own. Each new session counts one, and so does what
  /// pgbouncer sends to reset a session.
  std::uint64_t transactions = 0;
};

class Postgres {
 public:
  /// Finds the programs and makes the cluster if it is missing (some seconds). What an earlier
  /// attempt left half made is removed. Error: environment.
  [[nodiscard]] static Result<Postgres> open(const Context& context);
  Postgres(Postgres&&) = default;
  ~Postgres();  ///< stops it

  /// Error: environment, with the last lines of its log.
  [[nodiscard]] Result<> start(int max_connections, const std::vector<int>& cpus);
  void stop();
  /// Why it cannot do its work; see fault_of().
  [[nodiscard]] std::optional<std::string> fault() {
    return process_ ? fault_of("database", *process_) : std::nullopt;
  }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }

  /// Waits until no session of the application's database is open: only then are its counters
  /// complete. Error: environment: sessions that do not end.
  [[nodiscard]] Result<> wait_for_no_sessions();
  [[nodiscard]] Result<DatabaseTotals> totals();

  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  explicit Postgres(const Context& context) : context_(context) {}
  [[nodiscard]] Result<> make_cluster();
  [[nodiscard]] Result<> load(const std::filesystem::path& cluster);
  [[nodiscard]] Result<> start_server(const std::filesystem::path& cluster, int max_connections,
                                      bool loading, const std::vector<int>& cpus);
  [[nodiscard]] Result<> wait_for_predecessor() const;
  [[nodiscard]] ConnectionSettings settings(std::string_view database) const;

  Context context_;
  std::filesystem::path programs_;
  std::string version_;
  std::filesystem::path cluster_;
  std::optional<process::Process> process_;
  std::optional<Session> session_;  ///< to the database `postgres`, while it runs
  std::uint64_t own_transactions_ = 0;
};

}  // namespace unrig::stack
