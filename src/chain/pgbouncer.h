/// \file
/// pgbouncer, between the application and the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chain/health.h"
#include "chain/service.h"
#include "chain/session.h"
#include "host/endpoint.h"
#include "host/host.h"
#include "process/process.h"
#include "scenario/scenario.h"

namespace unrig::chain {

struct PoolerSettings {
  int sessions = 100;  ///< open to the database at most
  int backlog = 2048;  ///< of the listening socket
  scenario::PoolerMode mode = scenario::PoolerMode::session;
  host::Endpoint database = {};  ///< the database's own, or a relay's
  Room room = {};
  bool operator==(const PoolerSettings&) const = default;
};

/// What it sends to the database when one of its clients has left, whatever that one did: as often
/// as the application has ended a connection. In session mode; in the other one it sends nothing.
inline constexpr std::string_view reset_statement = "DISCARD ALL";

/// Whether a pgbouncer of this version ("1.18.0") can carry prepared statements from session to
/// session, and so knows the setting max_prepared_statements.
[[nodiscard]] bool carries_prepared_statements(std::string_view version);

/// pgbouncer.ini of the version, which holds a secret. Its files lie in `runtime`.
[[nodiscard]] std::string pooler_config(const std::filesystem::path& runtime,
                                        const host::Endpoint& here, const PoolerSettings& settings,
                                        const std::string& database_password,
                                        std::string_view version);

/// SHOW POOLS, summed over the pools of the application's database.
struct PoolCounts {
  int servers = 0;  ///< sessions open to the database, whatever their state
  int servers_active = 0;
  int clients_active = 0;
  int clients_waiting = 0;
};
[[nodiscard]] PoolCounts count_pools(const Rows& show_pools);

/// SHOW STATS_TOTALS of the application's database, summed over its clients.
struct PoolerTotals {
  std::uint64_t queries = 0;
  Duration query_time{0};  ///< from a statement to the end of its answer
  Duration wait_time{0};   ///< for a session
};
[[nodiscard]] PoolerTotals totals_in(const Rows& show_stats_totals);

/// Error: environment, with the Debian package.
[[nodiscard]] Result<std::filesystem::path> find_pgbouncer(const host::Host& host);

class Pgbouncer {
 public:
  /// Error: environment, when the program is missing.
  [[nodiscard]] static Result<Pgbouncer> open(const host::Context& context);
  Pgbouncer(Pgbouncer&&) = default;
  ~Pgbouncer();  ///< stops it

  /// `database_password`: by which it asks the database in the application's name. Error:
  /// environment, with the last lines of its log.
  [[nodiscard]] Result<> start(const PoolerSettings& settings,
                               const std::string& database_password);
  void stop();
  /// Why it cannot do its work; see fault_of().
  [[nodiscard]] std::optional<std::string> fault() {
    return process_ ? fault_of("pooler", *process_) : std::nullopt;
  }
  [[nodiscard]] bool running() const { return process_.has_value(); }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// Where it listens.
  [[nodiscard]] const host::Endpoint& endpoint() const { return endpoint_; }

  /// After no answer within `limit` it does not answer again before close_sessions(). Short:
  /// whoever asks has something else to do, and a pooler that hangs never answers.
  [[nodiscard]] Result<PoolCounts> pools(Duration limit = std::chrono::seconds(2));
  /// Of the application's clients since it started.
  [[nodiscard]] Result<PoolerTotals> totals();
  /// Closes all sessions to the database. Error: environment, when there still are clients.
  [[nodiscard]] Result<> close_sessions();

  /// The application's here, drawn anew with each start: it opens no door but this one, so that
  /// nobody gets to the database past the pooler.
  [[nodiscard]] const std::string& application_password() const { return application_password_; }

  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  explicit Pgbouncer(const host::Context& context) : context_(context) {}
  [[nodiscard]] Result<> start_on(const host::Endpoint& here, const PoolerSettings& settings,
                                  const std::string& database_password);
  [[nodiscard]] ConnectionSettings console() const;
  [[nodiscard]] Result<> open_console();
  [[nodiscard]] Result<> wait_for_no_clients(Duration limit);

  host::Context context_;
  std::filesystem::path program_;
  std::string version_;
  std::string console_password_;
  std::string application_password_;
  host::Endpoint endpoint_;
  scenario::PoolerMode mode_ = scenario::PoolerMode::session;  ///< since start()
  std::optional<process::Process> process_;
  std::optional<Session> console_;
};

}  // namespace unrig::chain
