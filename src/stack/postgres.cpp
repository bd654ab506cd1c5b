#include "stack/postgres.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_version =
    15;  // from here on counters are exact as soon as a session has ended
constexpr std::string_view package = "postgresql";

/// What initdb is told beyond the folder; part of the cluster's name.
const std::vector<std::string>& cluster_options() {
  static const std::vector<std::string> options = {
      "--username=unrig", "--auth=peer", "--encoding=UTF8", "--locale=C", "--no-instructions"};
  return options;
}

int leading_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Whether the process works on this cluster, by its command line.
bool serves(pid_t pid, const fs::path& cluster) {
  const auto line = read_file(fmt::format("/proc/{}/cmdline", pid));
  return line && line->find(cluster.string()) != std::string::npos;
}

}  // namespace

std::string database_sql() {
  return fmt::format("CREATE ROLE {} LOGIN; ", application_role);
}

std::string table_sql() {
  return fmt::format(
      "CREATE TABLE test (a integer NOT NULL, b text NOT NULL);"
      "INSERT INTO test SELECT a,"
      " lpad(mod(a::numeric * {} + {}, 18446744073709551616)::text, 20, '0')"
      " FROM generate_series(0, {}) AS a;"
      "ALTER TABLE test ADD PRIMARY KEY (a);"
      "GRANT SELECT ON test TO {};"
      "CREATE EXTENSION pg_prewarm",
      row_multiplier, row_increment, row_count - 1, application_role);
}

std::string postgres_config(const fs::path& runtime, int max_connections) {
  return fmt::format(
      "hba_file = '{0}/pg_hba.conf'\n"
      "ident_file = '{0}/pg_ident.conf'\n"
      "unix_socket_directories = '{0}'\n"
      "listen_addresses = ''\n"
      "port = {1}\n"
      "max_connections = {2}\n"
      // Holds the table and its index, 73 MB, whole.
      "shared_buffers = 160MB\n"
      // Nothing but the load may use the machine while it is measured.
      "autovacuum = off\n"
      "jit = off\n"
      "max_parallel_workers_per_gather = 0\n"
      "max_logical_replication_workers = 0\n"
      "max_wal_senders = 0\n"
      "wal_level = minimal\n"
      "max_wal_size = 1GB\n"
      "checkpoint_timeout = 1h\n"
      "track_counts = on\n"
      "log_checkpoints = off\n",
      runtime.string(), database_port, max_connections);
}

std::string identity_map(std::span<const std::string> os_users) {
  std::string text;
  for (const auto& user : os_users) {
    for (const auto role : {owner_role, application_role})
      text += fmt::format("unrig \"{}\" {}\n", user, role);
  }
  return text;
}

Result<fs::path> find_postgres(process::Guard& guard, const Clock& clock) {
  std::error_code error;
  std::pair<int, fs::path> newest;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const auto programs = entry.path() / "bin";
    if (fs::exists(programs / "initdb", error) && fs::exists(programs / "postgres", error))
      newest = std::max(newest, {leading_number(entry.path().filename().string()), programs});
  }
  if (!newest.second.empty()) return newest.second;
  if (const auto config = process::find_program("pg_config")) {
    process::Command command;
    command.argv = {config->string(), "--bindir"};
    command.environment = plain_environment("/");
    command.folder = "/";
    const auto told = process::run(command, guard, clock, quick_answer_limit);
    if (told && told->exit.ok()) {
      const fs::path programs(trim(told->text));
      if (fs::exists(programs / "initdb", error)) return programs;
    }
  }
  const auto initdb = require_program("initdb", package);
  if (!initdb) return std::unexpected(initdb.error());
  return initdb->parent_path();
}

Result<Postgres> Postgres::open(const Context& context) {
  Postgres postgres(context);
  auto programs = find_postgres(context.guard, context.clock);
  if (!programs) return std::unexpected(programs.error());
  postgres.programs_ = std::move(*programs);

  process::Command command;
  command.argv = {(postgres.programs_ / "postgres").string(), "--version"};
  command.environment = plain_environment("/");
  command.folder = "/";
  const auto told = run_checked(command, context, quick_answer_limit);
  if (!told) return std::unexpected(told.error());
  // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
  constexpr std::string_view before = "(PostgreSQL) ";
  const auto at = told->find(before);
  postgres.version_ =
      at == std::string::npos
          ? ""
          : split(trim(std::string_view(*told).substr(at + before.size())), ' ').front();
  const int major = leading_number(postgres.version_);
  if (major < oldest_version) {
    return fail(ErrorKind::environment,
                fmt::format("PostgreSQL {} or newer is needed, {} has {}", oldest_version,
                            postgres.programs_.string(), postgres.version_),
                fmt::format("apt-get install {}", package));
  }
  const auto schema =
      sha256(join(cluster_options(), " ") + database_sql() + table_sql()).substr(0, 12);
  postgres.cluster_ = context.folders.services() / "postgres" / fmt::format("{}-{}", major, schema);
  std::error_code error;
  if (!fs::exists(postgres.cluster_, error)) {
    if (const auto made = postgres.make_cluster(); !made) return std::unexpected(made.error());
  }
  return postgres;
}

Postgres::~Postgres() {
  stop();
}

Result<> Postgres::make_cluster() {
  const auto parent = cluster_.parent_path();
  if (const auto made = context_.folders.make_service_folder(parent); !made) return made;
  const fs::path half = cluster_.string() + ".making";
  std::error_code error;
  fs::remove_all(half, error);

  std::vector<std::string> argv = {(programs_ / "initdb").string(), "--pgdata=" + half.string(),
                                   "--no-sync"};
  argv.insert(argv.end(), cluster_options().begin(), cluster_options().end());
  const auto made =
      run_checked(service_command(context_, "initdb", argv, {}), context_, std::chrono::minutes(5));
  auto done = made ? load(half) : std::unexpected(made.error());
  stop();
  if (done) {
    // Everything before was written without waiting for the disk.
    const auto synced = run_checked(
        service_command(
            context_, "initdb",
            {(programs_ / "initdb").string(), "--pgdata=" + half.string(), "--sync-only"}, {}),
        context_, std::chrono::minutes(5));
    if (!synced) done = std::unexpected(synced.error());
  }
  if (done) {
    fs::rename(half, cluster_, error);
    if (error) done = fail_errno("cannot rename " + half.string(), error.value());
  }
  if (!done) {
    fs::remove_all(half, error);
    return fail(ErrorKind::environment, "cannot make the database: " + done.error().what,
                done.error().help);
  }
  return done;
}

Result<> Postgres::load(const fs::path& cluster) {
  constexpr auto limit = std::chrono::minutes(5);
  constexpr int sessions_needed = 10;
  if (const auto up = start_server(cluster, sessions_needed, true, {}); !up) return up;
  for (const auto& sql : {database_sql(), fmt::format("CREATE DATABASE {}", database_name)}) {
    if (const auto done = session_->query(sql, context_.clock, limit); !done)
      return std::unexpected(done.error());
  }
  auto session = Session::connect(settings(database_name));
  if (!session) return std::unexpected(session.error());
  for (const auto& sql : {table_sql(), std::string("VACUUM (FREEZE, ANALYZE)")}) {
    if (const auto done = session->query(sql, context_.clock, limit); !done)
      return std::unexpected(done.error());
  }
  return {};
}

Result<> Postgres::start(int max_connections, const std::vector<int>& cpus) {
  stop();
  if (const auto up = start_server(cluster_, max_connections, false, cpus); !up) return up;
  auto session = Session::connect(settings(database_name));
  if (!session) return std::unexpected(session.error());
  // The first trial must not be the one that reads the table from the disk.
  const auto warm = session->query("SELECT pg_prewarm('test'), pg_prewarm('test_pkey')",
                                   context_.clock, std::chrono::minutes(1));
  return warm ? Result<>{} : std::unexpected(warm.error());
}

Result<> Postgres::start_server(const fs::path& cluster, int max_connections, bool loading,
                                const std::vector<int>& cpus) {
  const auto& folders = context_.folders;
  const auto& runtime = folders.runtime();
  std::vector<std::string> users{folders.service_name()};
  if (folders.own_name() != folders.service_name()) users.push_back(folders.own_name());
  const std::pair<std::string_view, std::string> files[] = {
      {"postgresql.conf", postgres_config(runtime, max_connections)},
      {"pg_hba.conf", "local all all peer map=unrig\n"},
      {"pg_ident.conf", identity_map(users)}};
  for (const auto& [name, content] : files) {
    if (const auto written = folders.write_service_file(runtime / name, content); !written)
      return written;
  }
  if (const auto gone = wait_for_predecessor(); !gone) return gone;

  std::vector<std::string> argv = {(programs_ / "postgres").string(), "-D", cluster.string(), "-c",
                                   "config_file=" + (runtime / "postgresql.conf").string()};
  if (loading) argv.insert(argv.end(), {"-c", "fsync=off"});
  process::Command command = service_command(context_, "database", argv, cpus);
  command.farewell = SIGINT;  // its fast shutdown also when unrig itself is gone
  auto process = process::Process::start(command, context_.guard);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  return wait_until_ready(*process_, "PostgreSQL", context_.clock, std::chrono::minutes(2),
                          [&]() -> Result<> {
                            auto session = Session::connect(settings("postgres"));
                            if (!session) return std::unexpected(session.error());
                            session_.emplace(std::move(*session));
                            return {};
                          });
}

/// An unrig that was killed leaves a server that is still going down, or just its pid file with a
/// number that may by now belong to anything.
Result<> Postgres::wait_for_predecessor() const {
  const auto file = cluster_ / "postmaster.pid";
  const auto deadline = context_.clock.now() + std::chrono::seconds(15);
  while (context_.clock.now() < deadline) {
    const auto content = read_file(file);
    if (!content) return {};
    const pid_t pid = leading_number(*content);
    if (pid <= 0 || kill(pid, 0) != 0) return {};  // PostgreSQL itself deals with that
    if (!serves(pid, cluster_)) {
      std::error_code error;
      fs::remove(file, error);
      return {};
    }
    context_.clock.sleep_for(std::chrono::milliseconds(50));
  }
  return fail(ErrorKind::environment,
              fmt::format("another PostgreSQL uses {}", printable(cluster_.string())));
}

void Postgres::stop() {
  session_.reset();
  if (!process_) return;
  // SIGINT is its "fast" shutdown: sessions are ended, then it writes its last checkpoint.
  process_->stop(context_.clock, std::chrono::seconds(30), SIGINT);
  process_.reset();
}

Result<> Postgres::wait_for_no_sessions() {
  const auto limit = std::chrono::seconds(30);
  const auto deadline = context_.clock.now() + limit;
  const auto sql = fmt::format("SELECT count(*) AS open FROM pg_stat_activity WHERE datname = '{}'",
                               database_name);
  while (true) {
    const auto rows = session_->query(sql, context_.clock);
    if (!rows) return std::unexpected(rows.error());
    const auto open = number(rows->front(), "open");
    if (open == 0) return {};
    if (context_.clock.now() >= deadline) {
      return fail(ErrorKind::environment, fmt::format("{} sessions of the database are still open "
                                                      "{} after the application stopped",
                                                      open, human(limit)));
    }
    context_.clock.sleep_for(std::chrono::milliseconds(5));
  }
}

Result<DatabaseTotals> Postgres::totals() {
  // Index counters can be read only inside their database. There the reader counts, too: its own
  // start and statement, and only when it has ended, so the next reading finds them.
  constexpr std::uint64_t transactions_per_reading = 2;
  auto session = Session::connect(settings(database_name));
  if (!session) return std::unexpected(session.error());
  const auto rows = session->query(
      "SELECT idx_scan AS rows_read, xact_commit + xact_rollback AS transactions"
      " FROM pg_stat_user_tables, pg_stat_database"
      " WHERE relname = 'test' AND datname = current_database()",
      context_.clock);
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() != 1) return fail(ErrorKind::environment, "the table 'test' is missing");
  const DatabaseTotals totals{number(rows->front(), "rows_read"),
                              number(rows->front(), "transactions") - own_transactions_};
  own_transactions_ += transactions_per_reading;
  return totals;
}

ConnectionSettings Postgres::settings(std::string_view database) const {
  return {{"host", context_.folders.runtime().string()},
          {"port", std::to_string(database_port)},
          {"user", std::string(owner_role)},
          {"dbname", std::string(database)}};
}

}  // namespace unrig::stack
