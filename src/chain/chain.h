/// \file
/// The chain of one run: PostgreSQL, pgbouncer, nginx and, for each trial, a fresh application
/// server. Starts in order, checks, stops in reverse. Knows no load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chain/activity.h"
#include "chain/app.h"
#include "chain/cpu_groups.h"
#include "chain/nginx.h"
#include "chain/row.h"
#include "chain/statements.h"
#include "host/endpoint.h"
#include "host/host.h"
#include "process/process.h"
#include "record/signals.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::chain {

/// Told, in one line, what takes seconds before Chain::open() returns.
using Tell = std::function<void(const std::string&)>;

/// What pgbouncer says at one moment (SHOW POOLS of our database).
struct PoolerSample {
  int servers = 0;  ///< sessions open to the database, whatever their state
  int clients_active = 0;
  int clients_waiting = 0;
  int servers_active = 0;
};

/// Counters of the database over the time since begin_trial(), read after its sessions closed.
struct DatabaseCounters {
  std::uint64_t rows_read = 0;     ///< executions of the application's statement
  std::uint64_t transactions = 0;  ///< commits and rollbacks of the application's database
  std::uint64_t queries = 0;       ///< as the pooler counts them, hidden ones too; 0 without pooler
  // Summed over the pooler's clients; 0 without it.
  Duration query_time{0};      ///< that their statements took
  Duration wait_time{0};       ///< for a session
  std::uint64_t sessions = 0;  ///< of the database, that were begun
  /// That the application opened, and that were used: to the pooler or, without one, to the
  /// database. What the pooler ended together with its session is not in it. Empty where a pooler
  /// shares its sessions: it does not tell.
  std::optional<std::uint64_t> connections;
  StatementTotals statements = {};  ///< that reached the database
  std::string role_changes = {};    ///< see restore_role()
};

/// What the application asked for since begin_look(), whether or not its sessions are closed.
struct Looked {
  StatementTotals statements = {};  ///< that reached the database
  std::uint64_t queries = 0;        ///< as the pooler counts them; 0 without it
};

/// Where relays stand in for parts of the chain, so that what passes between two neighbours can be
/// counted; not set: the neighbours meet directly. What leads to the database itself is no port,
/// but a Unix socket from make_relay_socket().
struct Detour {
  host::Endpoint application = {};  ///< where the proxy finds the application
  host::Endpoint pooler = {};       ///< where the application finds its database
  host::Endpoint database = {};     ///< where the pooler finds the database
};

/// Where the parts listen; not set for a part that is left out.
struct Addresses {
  host::Endpoint proxy = {};
  host::Endpoint application = {};  ///< a port, or a Unix socket where the scenario says so
  host::Endpoint pooler = {};
  host::Endpoint database = {};
};

class Chain {
 public:
  /// Makes what is missing under home (private cluster with its table, folders, secrets) and takes
  /// the home's lock. Error: environment (missing program with its Debian package, busy home, …).
  /// `guard` and `clock` must outlive the chain.
  [[nodiscard]] static Result<Chain> open(runtime::Places places, process::Guard& guard,
                                          const Clock& clock, const Tell& tell = {});
  Chain(Chain&&) noexcept;
  Chain& operator=(Chain&&) noexcept;
  ~Chain();  ///< stops everything, in reverse order

  /// That all its parts run on.
  [[nodiscard]] const host::Host& host() const;
  /// What makes the stacks' programs runnable here.
  [[nodiscard]] runtime::Runtimes& runtimes();

  /// Database, pooler and proxy are up with this scenario's configuration when it returns; what
  /// already runs with the same configuration is left alone, unless it has ended or is stopped.
  /// `workers` is what db_sessions may scale with.
  [[nodiscard]] Result<> configure(const scenario::Scenario& scenario, int workers);

  /// Where one of the scenarios has a CPU quota, everything that the chain starts from now on runs
  /// in control groups of its own. Before the first configure(), or after stop_all(): then in
  /// others than before. Error: environment.
  [[nodiscard]] Result<> confine(std::span<const scenario::Scenario> scenarios);
  /// Those groups; empty: there are none.
  [[nodiscard]] GroupFolders groups() const;
  /// Gives the chain and its parts the CPU time that the scenario has for them, and no more, until
  /// lift_limit(): starts and checks take their time from the whole machine. Call after confine()
  /// with the same scenario among others. Error: environment.
  [[nodiscard]] Result<> limit(const scenario::Scenario& scenario);
  void lift_limit();

  /// Stops everything. The next configure() starts it anew, which is what helps when a part of it
  /// hangs or has broken.
  void stop_all();
  /// Whether database and pooler answer a question of unrig's own at once. Error: environment,
  /// naming the one that does not.
  [[nodiscard]] Result<> check_services();

  /// Starts a fresh application server and returns when it answers a real request through the
  /// whole chain. Error: environment, with the last lines of its log.
  [[nodiscard]] Result<> start_app(const stack::Selection& stack,
                                   const scenario::Scenario& scenario, int workers);
  /// Stops it, with everything it started. Does nothing when none runs.
  void stop_app();

  /// Of start_app(). Zeros for a stack whose health path is not the measured one.
  [[nodiscard]] Asked ready_requests() const;

  /// What keeps the chain from its work, of all its parts, the application server included: who has
  /// ended, who is stopped. Empty where nothing is seen. Never waits.
  [[nodiscard]] std::optional<std::string> fault();

  /// Where the load goes: to the proxy, or to the application where there is no proxy.
  [[nodiscard]] host::Endpoint front() const;
  /// The first process of each part that runs, from the front to the back; its others descend from
  /// it.
  [[nodiscard]] std::map<record::Component, pid_t> processes() const;
  /// The first process of the application server; -1 when none runs.
  [[nodiscard]] pid_t server() const;
  /// Empty-handed (zeros) where the pooler is disabled. Error: environment, after `limit` at the
  /// latest. May be called from another thread than
  /// the one that started the chain, but not at the same time as other calls.
  [[nodiscard]] Result<PoolerSample> sample_pooler(Duration limit);

  /// What nginx says of itself; under the same conditions. Error: environment, also where there is
  /// no proxy.
  [[nodiscard]] Result<ProxyStatus> sample_proxy(Duration limit);

  /// What the application's sessions do now, as the database says; under the same conditions.
  /// Between begin_trial() and end_trial(). Error: environment, after `limit` at the latest, and
  /// from then on at once.
  [[nodiscard]] Result<Activity> sample_database(Duration limit);

  /// Closes the database's sessions, so that every trial starts with an empty pool, and takes the
  /// counters as they are then. Call before start_app(): an application may keep its sessions.
  [[nodiscard]] Result<> begin_trial();
  /// What the database did since begin_trial(). Call after stop_app(). Error: environment: at once
  /// where a part has ended or is stopped.
  [[nodiscard]] Result<DatabaseCounters> end_trial();

  /// What the application has changed of its own role in the database since it was started, as
  /// "statement_timeout=1"; from now on that is as it was made, as it is for each application that
  /// is started. Empty: nothing. Error: environment.
  [[nodiscard]] Result<std::string> restore_role();
  /// Which rows an application answers with: those of the table, which nobody else knows, or where
  /// it asks no database those that everybody can make up.
  [[nodiscard]] RowRule row_rule(scenario::Connection connection) const;

  /// Counts anew what the application asks the database for. Not within a trial. Error:
  /// environment.
  [[nodiscard]] Result<> begin_look();
  /// Once all of it is answered. Error: environment.
  [[nodiscard]] Result<Looked> end_look();

  /// A port of the loopback interface that no part of the chain has or will get. Another program
  /// may still be quicker. Error: environment.
  [[nodiscard]] Result<host::Endpoint> take_port();
  /// A place for the socket of one relay, which only the chain's programs reach. Its folder goes
  /// with the chain. Error: environment.
  [[nodiscard]] Result<host::Endpoint> make_relay_socket(const std::string& name);
  /// From the next configure() and start_app() on. Relays must listen before those are called.
  void set_detour(const Detour& detour);
  /// As the last configure() made them.
  [[nodiscard]] Addresses addresses() const;

  /// "1.18.0".
  [[nodiscard]] const std::string& pooler_version() const;
  /// Version text and hash of everything that serves, for the manifest.
  [[nodiscard]] runtime::Versions versions() const;
  [[nodiscard]] std::filesystem::path app_log() const;

 private:
  struct Parts;
  explicit Chain(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace unrig::chain
