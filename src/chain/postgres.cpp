#include "chain/postgres.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/random.h"
#include "base/text.h"
#include "chain/purge.h"
#include "chain/row.h"
#include "host/folders.h"
#include "host/host.h"
#include "host/ports.h"
#include "host/usage.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_version =
    15;  // from here on counters are exact as soon as a session has ended
constexpr std::string_view package = "postgresql";
constexpr std::size_t password_bytes = 24;

/// What initdb is told beyond the folder; part of the cluster's name.
const std::vector<std::string>& cluster_options() {
  static const std::vector<std::string> options = {"--username=unrig", "--auth=scram-sha-256",
                                                   "--encoding=UTF8", "--locale=C",
                                                   "--no-instructions"};
  return options;
}

/// What a cluster for that place is made by, its secrets left out: part of its name, so that one
/// which was made otherwise is not used.
std::string recipe(const host::Endpoint& here) {
  // What a rule makes of a secret is part of it.
  const auto rule = RowRule::of_secret(std::string(2 * row_secret_bytes, '0')).value();
  return sha256(join(cluster_options(), " ") + database_sql({}, here) + table_sql() +
                rows_sql(rule, 0, 2) + index_sql() + rights_sql())
      .substr(0, 12);
}

/// Whether the process works on this cluster, by its command line.
bool serves(pid_t pid, const fs::path& cluster) {
  return host::command_line(pid).find(cluster.string()) != std::string::npos;
}

ConnectionSettings settings(const host::Endpoint& at, std::string_view role,
                            const std::string& password, std::string_view database) {
  return {{"host", at.host},
          {"port", std::to_string(at.port)},
          {"user", std::string(role)},
          {"password", password},
          {"dbname", std::string(database)}};
}

/// Whether a server that is up says no, for good: one that starts or recovers says "the database
/// system is …" (libpq tells no code of a connection that failed; the cluster's locale is C).
bool is_refusal(std::string_view error) {
  return error.find("FATAL:") != std::string_view::npos &&
         error.find("the database system is ") == std::string_view::npos;
}

}  // namespace

std::string postgres_config(const fs::path& runtime, const host::Endpoint& here,
                            int max_connections) {
  return fmt::format(
      "hba_file = '{0}/pg_hba.conf'\n"
      "ident_file = '{0}/pg_ident.conf'\n"
      "unix_socket_directories = '{3}'\n"
      "listen_addresses = '{4}'\n"
      "port = {1}\n"
      "max_connections = {2}\n"
      // Holds the table and its index, 73 MB, whole.
      "shared_buffers = 160MB\n"
      // Nothing but the load may use the machine while it is measured.
      "autovacuum = off\n"
      "jit = off\n"
      "max_parallel_workers_per_gather = 0\n"
      // Nothing in /dev/shm, where the application may write: its counters could lie there.
      "dynamic_shared_memory_type = mmap\n"
      "min_dynamic_shared_memory = 4MB\n"
      "max_logical_replication_workers = 0\n"
      "max_wal_senders = 0\n"
      "wal_level = minimal\n"
      "max_wal_size = 1GB\n"
      "checkpoint_timeout = 1h\n"
      "track_counts = on\n"
      // Statements are counted and timed where the application cannot change it.
      "shared_preload_libraries = 'pg_stat_statements'\n"
      "pg_stat_statements.max = {5}\n"
      "pg_stat_statements.track = top\n"
      "pg_stat_statements.track_utility = on\n"
      "pg_stat_statements.save = off\n"
      "log_checkpoints = off\n",
      runtime.string(), here.port, max_connections, here.is_socket() ? here.host : "",
      here.is_socket() ? "" : here.host, statement_room);
}

std::string login_rules(const host::Endpoint& here) {
  if (here.is_socket()) {
    return fmt::format(
        "local {0} {1} md5\n"
        "local {0},postgres {2} scram-sha-256\n",
        database_name, application_role, observer_role);
  }
  return fmt::format(
      "host {0} {1} all scram-sha-256\n"
      "host {0},postgres {2} all scram-sha-256\n",
      database_name, application_role, observer_role);
}

std::string owner_login_rules() {
  return fmt::format("local all {} scram-sha-256\n", owner_role);
}

host::Endpoint private_endpoint(const host::Folders& folders) {
  return {(folders.runtime() / "database").string(), database_port};
}

Result<fs::path> find_postgres(host::Host& host) {
  std::error_code error;
  std::pair<int, fs::path> newest;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const auto programs = entry.path() / "bin";
    if (fs::exists(programs / "initdb", error) && fs::exists(programs / "postgres", error))
      newest = std::max(
          newest, {leading_number<int>(entry.path().filename().string()).value_or(0), programs});
  }
  if (!newest.second.empty()) return newest.second;
  if (const auto config = host.find_program("pg_config")) {
    if (const auto told = host::ask_program(*config, "--bindir", host)) {
      fs::path programs(trim(*told));
      if (fs::exists(programs / "initdb", error)) return programs;
    }
  }
  const auto initdb = host::require_program(host, "initdb", package);
  if (!initdb) return std::unexpected(initdb.error());
  return initdb->parent_path();
}

Result<Postgres> Postgres::open(const host::Context& context, const host::Folders& folders,
                                host::Endpoint here,
                                const std::function<void(const std::string&)>& tell) {
  Postgres postgres(context, folders, std::move(here));
  auto programs = find_postgres(context.host);
  if (!programs) return std::unexpected(programs.error());
  postgres.programs_ = std::move(*programs);

  const auto told = host::ask_program(postgres.programs_ / "postgres", "--version", context.host);
  if (!told) return std::unexpected(told.error());
  postgres.version_ = host::version_in(*told);
  const int major = leading_number<int>(postgres.version_).value_or(0);
  if (major < oldest_version) {
    return fail(ErrorKind::environment,
                fmt::format("PostgreSQL {} or newer is needed, {} has {}", oldest_version,
                            postgres.programs_.string(), postgres.version_),
                fmt::format("apt-get install {}", package));
  }
  postgres.cluster_ =
      folders.services() / "database" / fmt::format("{}-{}", major, recipe(postgres.endpoint_));
  std::error_code error;
  const bool there = fs::exists(postgres.cluster_, error);
  if (!there && tell) {
    tell(fmt::format("making the database, once: initdb, then a table of {} rows", row_count));
  }
  const auto done = there ? postgres.read_secrets() : postgres.make_cluster();
  if (!done) return std::unexpected(done.error());
  return postgres;
}

Postgres::~Postgres() {
  stop();
}

Result<> Postgres::make_cluster() {
  const auto parent = cluster_.parent_path();
  if (const auto made = folders_.make_shared_folder(parent); !made) return made;
  const fs::path half = cluster_.string() + ".making";
  std::error_code error;
  fs::remove_all(half, error);
  if (const auto made = context_.host.make_service_folder(half); !made) return made;
  passwords_ = {random_secret(password_bytes), random_secret(password_bytes)};
  const auto row_secret = random_secret(row_secret_bytes);
  rule_ = RowRule::of_secret(row_secret);
  owner_password_ = random_secret(password_bytes);
  const auto owner_file = context_.host.runtime() / "owner";
  if (const auto written = context_.host.write_service_file(owner_file, owner_password_ + '\n');
      !written) {
    return written;
  }

  std::vector<std::string> argv = {(programs_ / "initdb").string(), "--pgdata=" + half.string(),
                                   "--no-sync", "--pwfile=" + owner_file.string()};
  argv.insert(argv.end(), cluster_options().begin(), cluster_options().end());
  const auto made = host::run_checked(service_command(context_.host, "initdb", argv, {}),
                                      context_.host, std::chrono::minutes(5));
  fs::remove(owner_file, error);
  auto done = made ? load(half) : std::unexpected(made.error());
  stop();
  owner_password_.clear();
  if (done) {
    // Everything before was written without waiting for the disk.
    const auto synced = host::run_checked(
        service_command(
            context_.host, "initdb",
            {(programs_ / "initdb").string(), "--pgdata=" + half.string(), "--sync-only"}, {}),
        context_.host, std::chrono::minutes(5));
    if (!synced) done = std::unexpected(synced.error());
  }
  if (done) {
    done = write_file(
        secrets_file(),
        fmt::format("{}\n{}\n{}\n", passwords_.application, passwords_.observer, row_secret), 0600);
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
  for (const auto& sql :
       {database_sql(passwords_, endpoint_), fmt::format("CREATE DATABASE {}", database_name)}) {
    // The server's words would be the statement, and its passwords with it.
    if (const auto done = session_->query(sql, context_.clock, limit); !done)
      return fail(ErrorKind::environment, "its roles and database cannot be made");
  }
  auto session = Session::connect(owner(database_name));
  if (!session) return std::unexpected(session.error());
  if (const auto filled = fill_table(*session); !filled) return filled;
  for (const auto& sql : {index_sql(), rights_sql(), std::string("VACUUM (FREEZE, ANALYZE)")}) {
    if (const auto done = session->query(sql, context_.clock, limit); !done)
      return std::unexpected(done.error());
  }
  return {};
}

/// In one transaction: rows of a table that is as new need not be written to the log as well.
Result<> Postgres::fill_table(Session& session) const {
  constexpr std::uint32_t at_once = 10'000;
  static_assert(row_count % at_once == 0);
  auto done = session.query("BEGIN;" + table_sql(), context_.clock);
  for (std::uint32_t first = 0; done && first < row_count; first += at_once)
    done = session.query(rows_sql(*rule_, first, at_once), context_.clock);
  if (done) done = session.query("COMMIT", context_.clock);
  return done ? Result<>{} : std::unexpected(done.error());
}

Result<> Postgres::start(int max_connections, const Room& room) {
  stop();
  if (const auto up = start_server(cluster_, max_connections, false, room); !up)
    return std::unexpected(broken(up.error()));
  auto session = Session::connect(observer(database_name));
  if (!session) return std::unexpected(broken(session.error()));
  // The first trial must not be the one that reads the table from the disk.
  const auto warm = session->query("SELECT warm()", context_.clock, std::chrono::minutes(1));
  return warm ? Result<>{} : std::unexpected(broken(warm.error()));
}

Result<> Postgres::start_server(const fs::path& cluster, int max_connections, bool loading,
                                const Room& room) {
  auto& host = context_.host;
  const auto runtime = host.runtime();
  const auto here = loading ? private_endpoint(folders_) : endpoint_;
  if (here.is_socket()) {
    if (const auto made = host.make_service_folder(here.host); !made) return made;
  }
  const std::pair<std::string_view, std::string> files[] = {
      {"postgresql.conf", postgres_config(runtime, here, max_connections)},
      {"pg_hba.conf", loading ? owner_login_rules() : login_rules(here)},
      {"pg_ident.conf", ""}};
  for (const auto& [name, content] : files) {
    if (const auto written = host.write_service_file(runtime / name, content); !written)
      return written;
  }
  if (const auto gone = wait_for_predecessor(); !gone) return gone;

  std::vector<std::string> argv = {(programs_ / "postgres").string(), "-D", cluster.string(), "-c",
                                   "config_file=" + (runtime / "postgresql.conf").string()};
  if (loading) argv.insert(argv.end(), {"-c", "fsync=off"});
  process::Command command = service_command(context_.host, "database", argv, room);
  command.farewell = SIGINT;  // its fast shutdown also when unrig itself is gone
  auto process = context_.host.start(command);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  std::optional<std::string> refusal;
  return wait_until_ready(
      *process_, "PostgreSQL", context_.clock, std::chrono::minutes(2),
      [&]() -> Result<> {
        if (!here.is_socket()) {
          if (auto own = context_.host.check_listens(process_->pid(), here); !own) return own;
        }
        auto session = Session::connect(loading ? owner("postgres") : observer("postgres"));
        if (!session) {
          if (is_refusal(session.error().what)) refusal = session.error().what;
          return std::unexpected(session.error());
        }
        session_.emplace(std::move(*session));
        return {};
      },
      [&] { return refusal; });
}

/// An unrig that was killed leaves a server that is still going down, or just its pid file with a
/// number that may by now belong to anything.
Result<> Postgres::wait_for_predecessor() const {
  const auto file = cluster_ / "postmaster.pid";
  const auto deadline = context_.clock.now() + std::chrono::seconds(15);
  while (context_.clock.now() < deadline) {
    const auto content = read_file(file);
    if (!content) return {};
    const pid_t pid = leading_number<int>(*content).value_or(0);
    if (pid <= 0 || kill(pid, 0) != 0) return {};  // PostgreSQL itself deals with that
    if (!serves(pid, cluster_)) {
      std::error_code error;
      fs::remove(file, error);
      return {};
    }
    context_.clock.sleep_for(std::chrono::milliseconds(50));
  }
  return fail(ErrorKind::environment,
              fmt::format("another PostgreSQL uses {}", printable(cluster_.string())),
              "end the other run, or give this one a home of its own: --home FOLDER");
}

void Postgres::stop() {
  watch_.reset();
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

Result<> Postgres::begin_watch() {
  if (watch_ && watch_->open()) return {};
  auto session = Session::connect(observer("postgres"));
  if (!session) return std::unexpected(session.error());
  watch_.emplace(std::move(*session));
  return {};
}

Result<Activity> Postgres::activity(Duration limit) {
  if (!watch_) return fail(ErrorKind::internal, "nobody has begun to watch the database");
  const auto rows = watch_->query(activity_sql(), context_.clock, limit);
  if (!rows) return std::unexpected(rows.error());
  return count_activity(*rows);
}

Result<> Postgres::answers() {
  const auto rows = session_->query("SELECT 1", context_.clock, std::chrono::seconds(2));
  return rows ? Result<>{} : std::unexpected(rows.error());
}

Result<DatabaseTotals> Postgres::totals() {
  // Index counters can be read only inside their database. There the reader counts, too: its own
  // session, its start and its statement, and only when it has ended, so the next reading finds
  // them.
  constexpr std::uint64_t transactions_per_reading = 2;
  auto session = Session::connect(observer(database_name));
  if (!session) return std::unexpected(session.error());
  const auto rows = session->query(
      "SELECT idx_scan AS rows_read, xact_commit + xact_rollback AS transactions, sessions"
      " FROM pg_stat_user_tables, pg_stat_database"
      " WHERE relname = 'test' AND datname = current_database()",
      context_.clock);
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() != 1)
    return std::unexpected(broken({ErrorKind::environment, "the table 'test' is missing", {}}));
  const DatabaseTotals totals{number(rows->front(), "rows_read"),
                              number(rows->front(), "transactions") - own_transactions_,
                              number(rows->front(), "sessions") - own_sessions_};
  own_transactions_ += transactions_per_reading;
  ++own_sessions_;
  return totals;
}

Result<> Postgres::forget_statements() {
  const auto done = session_->query("SELECT pg_stat_statements_reset()", context_.clock);
  return done ? Result<>{} : std::unexpected(done.error());
}

Result<StatementTotals> Postgres::statements() {
  const auto rows = session_->query(statements_sql(), context_.clock);
  if (!rows) return std::unexpected(rows.error());
  return count_statements(*rows);
}

Result<std::string> Postgres::restore_role() {
  const auto rows = session_->query("SELECT restore_role() AS changed", context_.clock);
  if (!rows) return std::unexpected(rows.error());
  return printable(rows->front().at("changed"));
}

ConnectionSettings Postgres::owner(std::string_view database) const {
  return settings(private_endpoint(folders_), owner_role, owner_password_, database);
}

ConnectionSettings Postgres::observer(std::string_view database) const {
  return settings(endpoint_, observer_role, passwords_.observer, database);
}

fs::path Postgres::secrets_file() const {
  return cluster_.string() + ".passwords";
}

Result<> Postgres::read_secrets() {
  const auto text = read_file(secrets_file(), 1024);
  if (!text) return std::unexpected(broken(text.error()));
  const auto lines = split(trim(*text), '\n');
  if (lines.size() == 3) {
    passwords_ = {lines[0], lines[1]};
    rule_ = RowRule::of_secret(lines[2]);
  }
  if (rule_) return {};
  return std::unexpected(
      broken({ErrorKind::environment, secrets_file().string() + " is damaged", {}}));
}

/// The cluster is unrig's own and can be made again in seconds: that is the step that always helps.
Error Postgres::broken(const Error& error) const {
  if (!host::want_in(error.what).of.empty()) return error;  // a new one would lack the same
  auto help = fmt::format("if the database is broken, the next run makes a new one after: {}",
                          purge_command(folders_.home()));
  if (!error.help.empty()) help = error.help + "; " + help;
  return {error.kind, error.what, std::move(help)};
}

}  // namespace unrig::chain
