#include "chain/pgbouncer.h"

#include <fmt/format.h>

#include <utility>

#include "base/number.h"
#include "base/random.h"
#include "chain/postgres.h"

namespace unrig::chain {
namespace {

constexpr std::size_t pooler_password_bytes = 24;
constexpr std::string_view console_user = "console";  // unrig's own questions

std::unexpected<Error> clients_stay(int clients, Duration limit) {
  return fail(ErrorKind::environment,
              fmt::format("{} clients of pgbouncer did not close their connections within {}",
                          clients, human(limit)));
}

}  // namespace

bool carries_prepared_statements(std::string_view version) {
  constexpr int major = 1, minor = 21;
  const auto first = leading_number<int>(version);
  const auto dot = version.find('.');
  if (!first || dot == std::string_view::npos) return false;
  const auto second = leading_number<int>(version.substr(dot + 1));
  return second && std::pair(*first, *second) >= std::pair(major, minor);
}

std::string pooler_config(const std::filesystem::path& runtime, const host::Endpoint& here,
                          const PoolerSettings& settings, const std::string& database_password,
                          std::string_view version) {
  const bool shares = settings.mode == scenario::PoolerMode::transaction;
  // As many for each session as later versions carry by themselves.
  const auto* carries =
      shares && carries_prepared_statements(version) ? "max_prepared_statements = 200\n" : "";
  return fmt::format(
      "[databases]\n"
      "{0} = host={8} port={2} dbname={0} user={3} password={11}\n"
      "[pgbouncer]\n"
      "listen_addr = {9}\n"
      "listen_port = {4}\n"
      "listen_backlog = {5}\n"
      "unix_socket_dir =\n"
      "auth_type = md5\n"
      "auth_file = {1}/userlist.txt\n"
      "admin_users = {6}\n"
      "pool_mode = {12}\n"
      "default_pool_size = {7}\n"
      "reserve_pool_size = 0\n"
      "max_client_conn = 20000\n"
      // A session lives as long as the trial: none is closed because of its age.
      "server_lifetime = 86400\n"
      "server_idle_timeout = 0\n"
      "server_login_retry = 1\n"
      "server_reset_query = {10}\n"
      "ignore_startup_parameters = extra_float_digits,options\n"
      // A log line per connection would be a cost that the chain does not have elsewhere.
      "log_connections = 0\n"
      "log_disconnections = 0\n"
      "log_stats = 0\n"
      "{13}",
      database_name, runtime.string(), settings.database.port, application_role, here.port,
      settings.backlog, console_user, settings.sessions, settings.database.host, here.host,
      reset_statement, database_password, to_text(settings.mode), carries);
}

PoolCounts count_pools(const Rows& show_pools) {
  PoolCounts counts;
  for (const auto& row : show_pools) {
    const auto database = row.find("database");
    if (database == row.end() || database->second != database_name) continue;
    // All states of a session, also those that newer versions add, begin with "sv_".
    for (const auto& [column, text] : row) {
      if (column.starts_with("sv_")) counts.servers += static_cast<int>(number(row, column));
    }
    counts.servers_active += static_cast<int>(number(row, "sv_active"));
    counts.clients_active += static_cast<int>(number(row, "cl_active"));
    counts.clients_waiting += static_cast<int>(number(row, "cl_waiting"));
  }
  return counts;
}

PoolerTotals totals_in(const Rows& show_stats_totals) {
  for (const auto& row : show_stats_totals) {
    const auto database = row.find("database");
    if (database == row.end() || database->second != database_name) continue;
    return {.queries = number(row, "query_count"),
            .query_time = std::chrono::microseconds(number(row, "query_time")),
            .wait_time = std::chrono::microseconds(number(row, "wait_time"))};
  }
  return {};  // it lists a database from its first client on
}

Result<std::filesystem::path> find_pgbouncer(const host::Host& host) {
  return host::require_program(host, "pgbouncer", "pgbouncer");
}

Result<Pgbouncer> Pgbouncer::open(const host::Context& context) {
  Pgbouncer pooler(context);
  auto program = find_pgbouncer(context.host);
  if (!program) return std::unexpected(program.error());
  pooler.program_ = std::move(*program);
  const auto told = host::ask_program(pooler.program_, "--version", context.host);
  if (!told) return std::unexpected(told.error());
  pooler.version_ = host::version_in(*told);
  return pooler;
}

Pgbouncer::~Pgbouncer() {
  stop();
}

Result<> Pgbouncer::start(const PoolerSettings& settings, const std::string& database_password) {
  return start_at_free_port(
      context_.host,
      [&](const host::Endpoint& here) { return start_on(here, settings, database_password); },
      [this] { stop(); });
}

Result<> Pgbouncer::start_on(const host::Endpoint& here, const PoolerSettings& settings,
                             const std::string& database_password) {
  endpoint_ = here;
  mode_ = settings.mode;
  console_password_ = random_secret(pooler_password_bytes);
  application_password_ = random_secret(pooler_password_bytes);
  auto& host = context_.host;
  const auto runtime = host.runtime();
  const auto config = runtime / "pgbouncer.ini";
  const auto users = fmt::format("\"{}\" \"{}\"\n\"{}\" \"{}\"\n", application_role,
                                 application_password_, console_user, console_password_);
  if (const auto done = host.write_service_file(runtime / "userlist.txt", users); !done)
    return done;
  if (const auto done = host.write_service_file(
          config, pooler_config(runtime, here, settings, database_password, version_));
      !done) {
    return done;
  }
  auto process = host.start(
      service_command(host, "pooler", {program_.string(), config.string()}, settings.room));
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  return wait_until_ready(*process_, "pgbouncer", context_.clock, std::chrono::seconds(30),
                          [&]() -> Result<> {
                            if (auto own = host.check_listens(process_->pid(), here); !own)
                              return own;
                            auto session = Session::connect(console());
                            if (!session) return std::unexpected(session.error());
                            console_.emplace(std::move(*session));
                            return {};
                          });
}

void Pgbouncer::stop() {
  console_.reset();
  if (!process_) return;
  // TERM closes everything at once; INT would wait for clients.
  process_->stop(context_.clock, std::chrono::seconds(5));
  process_.reset();
}

Result<PoolCounts> Pgbouncer::pools(Duration limit) {
  const auto rows = console_->query("SHOW POOLS", context_.clock, limit);
  if (!rows) return std::unexpected(rows.error());
  return count_pools(*rows);
}

Result<PoolerTotals> Pgbouncer::totals() {
  const auto rows = console_->query("SHOW STATS_TOTALS", context_.clock);
  if (!rows) return std::unexpected(rows.error());
  return totals_in(*rows);
}

/// A console that works: an answer that did not come in time has closed the old one.
Result<> Pgbouncer::open_console() {
  if (console_->open()) return {};
  auto session = Session::connect(console());
  if (!session) {
    return fail(ErrorKind::environment, "pgbouncer does not answer: " + session.error().what);
  }
  console_.emplace(std::move(*session));
  return {};
}

/// Those that have no session, too: it sees the end of each a moment after it.
Result<> Pgbouncer::wait_for_no_clients(Duration limit) {
  const Instant deadline = context_.clock.now() + limit;
  while (true) {
    const auto left = pools();
    if (!left)
      return fail(ErrorKind::environment, "pgbouncer does not answer: " + left.error().what);
    const int clients = left->clients_active + left->clients_waiting;
    if (clients == 0) return {};
    if (context_.clock.now() >= deadline) return clients_stay(clients, limit);
    context_.clock.sleep_for(std::chrono::milliseconds(5));
  }
}

Result<> Pgbouncer::close_sessions() {
  // PAUSE waits until no client has a session and closes the sessions; RESUME lets new ones in.
  const auto limit = std::chrono::seconds(30);
  const auto name = std::string(database_name);
  if (const auto opened = open_console(); !opened) return opened;
  if (mode_ == scenario::PoolerMode::transaction) {
    if (auto gone = wait_for_no_clients(limit); !gone) return gone;
  }
  const auto paused = console_->query("PAUSE " + name, context_.clock, limit);
  if (const auto opened = open_console(); !opened) return opened;
  const auto left = paused ? Result<PoolCounts>() : pools();
  const auto resumed = console_->query("RESUME " + name, context_.clock);
  if (!left) return fail(ErrorKind::environment, "pgbouncer does not answer: " + left.error().what);
  const int clients = left->clients_active + left->clients_waiting;
  if (clients > 0) return clients_stay(clients, limit);
  if (!paused) return std::unexpected(paused.error());
  return resumed ? Result<>{} : std::unexpected(resumed.error());
}

ConnectionSettings Pgbouncer::console() const {
  return {{"host", endpoint_.host},
          {"hostaddr", endpoint_.host},
          {"port", std::to_string(endpoint_.port)},
          {"dbname", "pgbouncer"},
          {"user", std::string(console_user)},
          {"password", console_password_}};
}

}  // namespace unrig::chain
