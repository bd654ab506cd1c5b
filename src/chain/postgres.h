/// \file
/// A private PostgreSQL: a cluster made once and reused. On this host it is reached over a Unix
/// socket only; from others, over TCP with passwords that are proved and never sent (SCRAM).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chain/activity.h"
#include "chain/cluster.h"
#include "chain/health.h"
#include "chain/row.h"
#include "chain/service.h"
#include "chain/session.h"
#include "chain/statements.h"
#include "host/endpoint.h"
#include "host/folders.h"
#include "host/host.h"
#include "process/process.h"

namespace unrig::chain {

/// postgresql.conf of a running chain. Its files lie in `runtime`.
[[nodiscard]] std::string postgres_config(const std::filesystem::path& runtime,
                                          const host::Endpoint& here, int max_connections);
/// pg_hba.conf of a server that listens there. Nobody is trusted for being a certain user of the
/// machine.
[[nodiscard]] std::string login_rules(const host::Endpoint& here);
/// The same while the cluster is made: only the owner may come, over a Unix socket.
[[nodiscard]] std::string owner_login_rules();

/// The Unix socket of a run: where it listens on this host, and while the cluster is made in any
/// case.
[[nodiscard]] host::Endpoint private_endpoint(const host::Folders& folders);

/// The folder of the newest PostgreSQL's programs. Error: environment.
[[nodiscard]] Result<std::filesystem::path> find_postgres(host::Host& host);

/// Counters since the cluster was made.
struct DatabaseTotals {
  std::uint64_t rows_read = 0;  ///< index scans of the table's primary key
  /// Commits and rollbacks, without unrig's own. Each new session counts one, and so does what
  /// pgbouncer sends to reset a session.
  std::uint64_t transactions = 0;
  std::uint64_t sessions = 0;  ///< that were begun, without unrig's own
};

class Postgres {
 public:
  /// Finds the programs and makes the cluster if it is missing (some seconds). What an earlier
  /// attempt left half made is removed. `here`: where it will listen; only the service user may
  /// enter the folder of a Unix socket, which it makes. `tell`, if any, is told when it makes a
  /// cluster. Error: environment.
  [[nodiscard]] static Result<Postgres> open(
      const host::Context& context, const host::Folders& folders, host::Endpoint here,
      const std::function<void(const std::string&)>& tell = {});
  Postgres(Postgres&&) = default;
  ~Postgres();  ///< stops it

  /// Error: environment, with the last lines of its log.
  [[nodiscard]] Result<> start(int max_connections, const Room& room);
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
  /// Of the application, from now on: what it ran before is forgotten. Error: environment.
  [[nodiscard]] Result<> forget_statements();
  /// Since then; complete at any time. Error: environment.
  [[nodiscard]] Result<StatementTotals> statements();
  /// What its sessions do now. Asks on a session of its own, so that no answer within `limit` costs
  /// nothing but this and what follows until begin_watch(). Error: environment.
  [[nodiscard]] Result<Activity> activity(Duration limit);
  /// Opens that session where it is not open; takes milliseconds. Error: environment.
  [[nodiscard]] Result<> begin_watch();
  /// What the application has changed of its own role, as "statement_timeout=1, its password":
  /// which every role may, and which lasts. From now on the role is as it was made. Empty: nothing.
  /// Error: environment.
  [[nodiscard]] Result<std::string> restore_role();
  /// Asks for nothing, within seconds. Error: environment.
  [[nodiscard]] Result<> answers();

  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const host::Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& application_password() const { return passwords_.application; }
  /// Of its table's rows.
  [[nodiscard]] const RowRule& rule() const { return rule_.value(); }

 private:
  Postgres(const host::Context& context, const host::Folders& folders, host::Endpoint here)
      : context_(context), folders_(folders), endpoint_(std::move(here)) {}
  [[nodiscard]] std::filesystem::path secrets_file() const;
  [[nodiscard]] Result<> read_secrets();
  [[nodiscard]] Error broken(const Error& error) const;
  [[nodiscard]] Result<> make_cluster();
  [[nodiscard]] Result<> load(const std::filesystem::path& cluster);
  [[nodiscard]] Result<> fill_table(Session& session) const;
  [[nodiscard]] Result<> start_server(const std::filesystem::path& cluster, int max_connections,
                                      bool loading, const Room& room);
  [[nodiscard]] Result<> wait_for_predecessor() const;
  [[nodiscard]] ConnectionSettings owner(std::string_view database) const;
  [[nodiscard]] ConnectionSettings observer(std::string_view database) const;

  host::Context context_;
  const host::Folders& folders_;
  host::Endpoint endpoint_;
  std::filesystem::path programs_;
  std::string version_;
  std::filesystem::path cluster_;
  Passwords passwords_;
  std::optional<RowRule> rule_;  ///< set by open()
  std::string owner_password_;   ///< known while the cluster is made
  std::optional<process::Process> process_;
  std::optional<Session> session_;  ///< to the database `postgres`, while it runs
  std::optional<Session> watch_;    ///< the same, for activity()
  std::uint64_t own_transactions_ = 0, own_sessions_ = 0;
};

}  // namespace unrig::chain
