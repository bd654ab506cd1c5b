#include "chain/chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "chain/app.h"
#include "chain/nginx.h"
#include "chain/pgbouncer.h"
#include "chain/postgres.h"
#include "host/facts.h"
#include "host/local_host.h"
#include "host/usage.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;
using record::Component;

/// Sessions beside those of the pool: unrig's own, and those that are still ending.
constexpr int spare_sessions = 50;

struct DatabaseSettings {
  int max_connections = 0;
  Room room;
  bool operator==(const DatabaseSettings&) const = default;
};

}  // namespace

/// Members stand in the order in which they start: they are destroyed, and so stopped, in reverse.
struct Chain::Parts {
  Parts(runtime::Places places, host::Folders made, process::Guard& of_run, const Clock& clock)
      : host(of_run, clock, std::move(made)),
        context{host, clock},
        guard(of_run),
        usable(host::usable_cores()),
        cores(static_cast<int>(usable.size())),
        runtimes(std::move(places), {of_run, clock, &host.folders()}),
        app(context) {}

  host::LocalHost host;  // of all parts
  host::Context context;
  process::Guard& guard;
  std::vector<int> usable;
  int cores;
  runtime::Runtimes runtimes;
  std::optional<CpuGroups> groups;  // outlive all that runs in it
  std::optional<Postgres> postgres;
  std::optional<Pgbouncer> pooler;
  std::optional<Nginx> proxy;
  App app;

  /// Of a part that is given a list of cores.
  [[nodiscard]] Room room(record::Component part, const scenario::Scenario& scenario,
                          const std::vector<int>& cpus) const;

  // What runs now; not set when it does not.
  std::optional<DatabaseSettings> database_settings;
  std::optional<PoolerSettings> pooler_settings;
  std::optional<ProxySettings> proxy_settings;
  host::Endpoint app_port;  ///< once it is needed
  host::Endpoint app_at;    ///< where the application listens: that, or a Unix socket
  Detour detour;

  DatabaseCounters before;           ///< of the trial
  std::uint64_t queries_before = 0;  ///< of the look

  [[nodiscard]] fs::path password_file() const { return host.runtime() / "password"; }
  /// What the application proves itself by, at the pooler where there is one, else at the database.
  [[nodiscard]] Result<> tell_password(const std::string& password);
  [[nodiscard]] DatabaseAddress address() const;
  [[nodiscard]] Result<> configure_database(const DatabaseSettings& wanted);
  [[nodiscard]] Result<> configure_pooler(const std::optional<PoolerSettings>& wanted);
  [[nodiscard]] Result<> configure_proxy(const std::optional<ProxySettings>& wanted);
  /// A place where the application can be reached in the way.
  [[nodiscard]] Result<> place_app(scenario::Way way);
  /// Where the proxy finds it.
  [[nodiscard]] const host::Endpoint& front_of_app() const {
    return detour.application.is_set() ? detour.application : app_at;
  }
  [[nodiscard]] Result<> move_app_port();
  [[nodiscard]] Result<> start_app(const AppSettings& settings);
  [[nodiscard]] Result<> close_sessions();
  [[nodiscard]] bool shares_sessions() const {
    return pooler_settings && pooler_settings->mode == scenario::PoolerMode::transaction;
  }
  /// Of what serves the application: proxy, pooler and database.
  [[nodiscard]] std::optional<std::string> fault_of_services();
  [[nodiscard]] Result<DatabaseCounters> count();
};

Room Chain::Parts::room(Component part, const scenario::Scenario& scenario,
                        const std::vector<int>& cpus) const {
  return {.cpus = scenario.cores_of_part(cpus, usable),
          .group = groups ? groups->folders().of(part) : fs::path()};
}

Result<> Chain::Parts::tell_password(const std::string& password) {
  return host.write_service_file(password_file(), password + '\n');
}

DatabaseAddress Chain::Parts::address() const {
  DatabaseAddress address;
  address.user = application_role;
  address.password_file = password_file();
  const bool through_pooler = pooler_settings.has_value();
  address.at = detour.pooler.is_set() ? detour.pooler
               : through_pooler       ? pooler->endpoint()
                                      : postgres->endpoint();
  return address;
}

Result<> Chain::Parts::configure_database(const DatabaseSettings& wanted) {
  if (database_settings == wanted && !postgres->fault()) return {};
  if (const auto done = configure_pooler(std::nullopt); !done) return done;
  database_settings.reset();
  if (const auto started = postgres->start(wanted.max_connections, wanted.room); !started)
    return started;
  database_settings = wanted;
  return {};
}

Result<> Chain::Parts::configure_pooler(const std::optional<PoolerSettings>& wanted) {
  if (wanted && pooler_settings == wanted && !pooler->fault()) return {};
  pooler_settings.reset();
  pooler->stop();
  if (!wanted) return tell_password(postgres->application_password());
  if (const auto started = pooler->start(*wanted, postgres->application_password()); !started)
    return started;
  if (const auto told = tell_password(pooler->application_password()); !told) return told;
  pooler_settings = wanted;
  return {};
}

Result<> Chain::Parts::configure_proxy(const std::optional<ProxySettings>& wanted) {
  if (proxy_settings == wanted && !proxy->fault()) return {};
  proxy_settings.reset();
  proxy->stop();
  if (!wanted) return {};
  if (const auto started = proxy->start(*wanted); !started) return started;
  proxy_settings = wanted;
  return {};
}

Result<> Chain::Parts::place_app(scenario::Way way) {
  if (way.socket == scenario::ProxySocket::unix_domain) {
    // Nobody but the chain's account gets there.
    const auto folder = host.runtime() / "listen";
    app_at = {(folder / "app.socket").string(), 0};
    return host.make_service_folder(folder);
  }
  if (!app_port.is_set()) {
    if (const auto moved = move_app_port(); !moved) return moved;
  }
  app_at = app_port;
  return {};
}

/// Takes another port for the application and tells the proxy.
Result<> Chain::Parts::move_app_port() {
  auto free = host.next_port();
  if (!free) return std::unexpected(free.error());
  app_at = app_port = std::move(*free);
  auto wanted = proxy_settings;
  if (wanted) wanted->application = front_of_app();
  return configure_proxy(wanted);
}

Result<> Chain::Parts::start_app(const AppSettings& settings) {
  constexpr int attempts = 3;  // another program may have taken the port in the meantime
  for (int attempt = 1;; ++attempt) {
    // Who relays to it would not know where it has gone.
    const bool stays = detour.application.is_set() || app_at.is_socket();
    if (app_at.is_socket()) {
      host.remove(app_at.socket());  // of one that was killed
    } else if (!stays && !host.is_free(app_at)) {
      if (const auto moved = move_app_port(); !moved) return moved;
    }
    auto now = settings;
    now.here = app_at;
    now.front = proxy_settings ? proxy->endpoint() : app_at;
    const auto hopeless = [this] { return fault_of_services(); };
    auto started = app.start(now, hopeless);
    if (started && proxy_settings) started = app.wait_for_answer_at_front(now, hopeless);
    if (started) return started;
    app.stop();
    if (stays || attempt == attempts || host.is_free(app_at)) return started;
  }
}

std::optional<std::string> Chain::Parts::fault_of_services() {
  auto found = database_settings ? postgres->fault() : std::nullopt;
  if (!found && pooler_settings) found = pooler->fault();
  if (!found && proxy_settings) found = proxy->fault();
  return found;
}

Result<> Chain::Parts::close_sessions() {
  // Somebody who is dead or stopped would be waited for in vain.
  if (auto fault = fault_of_services()) return fail(ErrorKind::environment, *fault);
  if (pooler_settings) {
    if (const auto closed = pooler->close_sessions(); !closed) return closed;
  }
  return postgres->wait_for_no_sessions();
}

Result<DatabaseCounters> Chain::Parts::count() {
  DatabaseCounters counters;
  const auto totals = postgres->totals();
  if (!totals) return std::unexpected(totals.error());
  counters.rows_read = totals->rows_read;
  counters.transactions = totals->transactions;
  counters.sessions = totals->sessions;
  if (pooler_settings) {
    const auto of_pooler = pooler->totals();
    if (!of_pooler) return std::unexpected(of_pooler.error());
    counters.queries = of_pooler->queries;
    counters.query_time = of_pooler->query_time;
    counters.wait_time = of_pooler->wait_time;
  }
  return counters;
}

Chain::Chain(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Chain::Chain(Chain&&) noexcept = default;
Chain& Chain::operator=(Chain&&) noexcept = default;
Chain::~Chain() {
  // What others start with the same guard is no part of this chain.
  if (parts_ && parts_->groups) parts_->guard.confines_to({});
}

Result<Chain> Chain::open(runtime::Places places, process::Guard& guard, const Clock& clock,
                          const Tell& tell) {
  std::error_code error;
  places.data = fs::absolute(places.data, error).lexically_normal();
  auto folders = host::Folders::open(places.home, guard, clock);
  if (!folders) return std::unexpected(folders.error());
  auto parts = std::make_unique<Parts>(std::move(places), std::move(*folders), guard, clock);
  // The quick checks first: a missing program is told before a database is made.
  auto proxy = Nginx::open(parts->context);
  if (!proxy) return std::unexpected(proxy.error());
  parts->proxy.emplace(std::move(*proxy));
  auto pooler = Pgbouncer::open(parts->context);
  if (!pooler) return std::unexpected(pooler.error());
  parts->pooler.emplace(std::move(*pooler));
  auto postgres = Postgres::open(parts->context, parts->host.folders(),
                                 private_endpoint(parts->host.folders()), tell);
  if (!postgres) return std::unexpected(postgres.error());
  parts->postgres.emplace(std::move(*postgres));
  if (const auto told = parts->tell_password(parts->postgres->application_password()); !told)
    return std::unexpected(told.error());
  return Chain(std::move(parts));
}

const host::Host& Chain::host() const {
  return parts_->host;
}

runtime::Runtimes& Chain::runtimes() {
  return parts_->runtimes;
}

Result<> Chain::configure(const scenario::Scenario& scenario, int workers) {
  auto& parts = *parts_;
  const int sessions = scenario.number(scenario.db_sessions, parts.cores, workers);
  if (const auto done = parts.configure_database(
          {sessions + spare_sessions,
           parts.room(Component::database, scenario, scenario.cpus_database)});
      !done) {
    return done;
  }
  std::optional<PoolerSettings> pooler;
  if (scenario.pooler_enabled)
    pooler = PoolerSettings{
        sessions, scenario.listen_backlog, scenario.pooler_mode,
        parts.detour.database.is_set() ? parts.detour.database : parts.postgres->endpoint(),
        parts.room(Component::pooler, scenario, scenario.cpus_pooler)};
  if (const auto done = parts.configure_pooler(pooler); !done) return done;

  const auto way = scenario.way_to_app();
  if (const auto placed = parts.place_app(way); !placed) return placed;
  std::optional<ProxySettings> proxy;
  if (scenario.proxy_enabled) {
    proxy = ProxySettings{scenario.number(scenario.proxy_workers, parts.cores, workers),
                          scenario.listen_backlog,
                          scenario.proxy_keep_alive,
                          scenario.proxy_access_log,
                          way.protocol,
                          parts.front_of_app(),
                          most_open_files(),
                          parts.room(Component::proxy, scenario, scenario.cpus_proxy)};
  }
  return parts.configure_proxy(proxy);
}

Result<> Chain::start_app(const stack::Selection& stack, const scenario::Scenario& scenario,
                          int workers) {
  auto& parts = *parts_;
  stop_app();
  const auto runtime = parts.runtimes.of(stack);
  if (!runtime) return std::unexpected(runtime.error());
  const auto program = (*runtime)->program(stack);
  if (!program) return std::unexpected(program.error());
  // Whatever the one before has left: in its role, and in sessions that nobody resets.
  if (parts.shares_sessions()) {
    if (const auto closed = parts.close_sessions(); !closed) return closed;
  }
  if (const auto restored = restore_role(); !restored) return std::unexpected(restored.error());
  return parts.start_app(
      {.spec = *stack.spec,
       .vintage = *stack.spec->vintage(stack.vintage),
       .program = *program,
       .scenario = scenario,
       .scratch = parts.host.folders().services() / "scratch",
       .temporary = parts.host.temporary(),
       .hidden = {parts.host.runtime(), parts.host.folders().services() / "database"},
       .database = parts.address(),
       .here = parts.app_at,
       .room = parts.room(Component::app, scenario, scenario.cpus_app),
       .workers = workers,
       .sessions = scenario.number(scenario.db_sessions, parts.cores, workers)});
}

void Chain::stop_app() {
  parts_->app.stop();
}

Asked Chain::ready_requests() const {
  return parts_->app.asked();
}

std::optional<std::string> Chain::fault() {
  auto found = parts_->fault_of_services();
  return found ? found : parts_->app.fault();
}

host::Endpoint Chain::front() const {
  return parts_->proxy_settings ? parts_->proxy->endpoint() : parts_->app_at;
}

std::map<record::Component, pid_t> Chain::processes() const {
  std::map<Component, pid_t> processes;
  if (parts_->proxy_settings) processes.emplace(Component::proxy, parts_->proxy->pid());
  if (parts_->app.running()) processes.emplace(Component::app, parts_->app.pid());
  if (parts_->pooler_settings) processes.emplace(Component::pooler, parts_->pooler->pid());
  if (parts_->database_settings) processes.emplace(Component::database, parts_->postgres->pid());
  return processes;
}

pid_t Chain::server() const {
  return parts_->app.running() ? parts_->app.pid() : -1;
}

Result<PoolerSample> Chain::sample_pooler(Duration limit) {
  if (!parts_->pooler_settings) return PoolerSample{};
  const auto pools = parts_->pooler->pools(limit);
  if (!pools) return std::unexpected(pools.error());
  return PoolerSample{pools->servers, pools->clients_active, pools->clients_waiting,
                      pools->servers_active};
}

Result<ProxyStatus> Chain::sample_proxy(Duration limit) {
  if (!parts_->proxy_settings) return fail(ErrorKind::environment, "there is no proxy");
  return parts_->proxy->status(limit);
}

Result<Activity> Chain::sample_database(Duration limit) {
  return parts_->postgres->activity(limit);
}

Result<> Chain::begin_trial() {
  auto& parts = *parts_;
  if (const auto closed = parts.close_sessions(); !closed) return closed;
  if (const auto watched = parts.postgres->begin_watch(); !watched) return watched;
  const auto before = parts.count();
  if (!before) return std::unexpected(before.error());
  parts.before = *before;
  return parts.postgres->forget_statements();
}

Result<> Chain::confine(std::span<const scenario::Scenario> scenarios) {
  const auto own = parts_with_quota(scenarios);
  const auto limits_machine = [](const scenario::Scenario& each) { return each.machine_cpu > 0; };
  if (own.empty() && std::ranges::none_of(scenarios, limits_machine)) return {};
  auto& parts = *parts_;
  parts.groups.reset();  // they have the same name
  auto made = CpuGroups::make(host::ControlGroups::of_this_machine(), own, parts.context.clock);
  if (!made) return std::unexpected(made.error());
  parts.groups.emplace(std::move(*made));
  parts.guard.confines_to(parts.groups->folders().others);
  return parts.guard.removes_group(parts.groups->folders().all);
}

GroupFolders Chain::groups() const {
  return parts_->groups ? parts_->groups->folders() : GroupFolders{};
}

Result<> Chain::limit(const scenario::Scenario& scenario) {
  if (parts_->groups) return parts_->groups->limit(scenario);
  if (scenario.machine_cpu == 0 && parts_with_quota({&scenario, 1}).empty()) return {};
  return fail(ErrorKind::internal, "a CPU quota without a control group");
}

void Chain::lift_limit() {
  // What cannot be lifted makes starting slow, and is told by the next limit().
  if (parts_->groups) static_cast<void>(parts_->groups->lift());
}

void Chain::stop_all() {
  auto& parts = *parts_;
  parts.app.stop();
  parts.proxy_settings.reset();
  parts.proxy->stop();
  parts.pooler_settings.reset();
  parts.pooler->stop();
  parts.database_settings.reset();
  parts.postgres->stop();
}

Result<> Chain::check_services() {
  auto& parts = *parts_;
  if (!parts.database_settings) return {};
  if (const auto answer = parts.postgres->answers(); !answer) {
    return fail(ErrorKind::environment, "the database does not answer: " + answer.error().what);
  }
  if (!parts.pooler_settings) return {};
  if (const auto answer = parts.pooler->pools(); !answer) {
    return fail(ErrorKind::environment, "the pooler does not answer: " + answer.error().what);
  }
  return {};
}

Result<DatabaseCounters> Chain::end_trial() {
  auto& parts = *parts_;
  if (const auto closed = parts.close_sessions(); !closed) return std::unexpected(closed.error());
  auto statements = parts.postgres->statements();
  if (!statements) return std::unexpected(statements.error());
  auto changes = parts.postgres->restore_role();
  if (!changes) return std::unexpected(changes.error());
  auto now = parts.count();
  if (!now) return now;
  now->role_changes = *std::move(changes);
  now->sessions -= parts.before.sessions;
  if (!parts.pooler_settings) {
    now->connections = now->sessions;
  } else if (!parts.shares_sessions()) {
    now->connections = calls_of(*statements, reset_statement);
  }
  now->statements = std::move(*statements);
  now->rows_read -= parts.before.rows_read;
  now->transactions -= parts.before.transactions;
  now->queries -= parts.before.queries;
  now->query_time -= parts.before.query_time;
  now->wait_time -= parts.before.wait_time;
  return now;
}

Result<std::string> Chain::restore_role() {
  return parts_->postgres->restore_role();
}

RowRule Chain::row_rule(scenario::Connection connection) const {
  return connection == scenario::Connection::none ? RowRule::known() : parts_->postgres->rule();
}

Result<> Chain::begin_look() {
  auto& parts = *parts_;
  if (parts.pooler_settings) {
    const auto totals = parts.pooler->totals();
    if (!totals) return std::unexpected(totals.error());
    parts.queries_before = totals->queries;
  }
  return parts.postgres->forget_statements();
}

Result<Looked> Chain::end_look() {
  auto& parts = *parts_;
  auto statements = parts.postgres->statements();
  if (!statements) return std::unexpected(statements.error());
  Looked looked{.statements = std::move(*statements)};
  if (parts.pooler_settings) {
    const auto totals = parts.pooler->totals();
    if (!totals) return std::unexpected(totals.error());
    looked.queries = totals->queries - parts.queries_before;
  }
  return looked;
}

Result<host::Endpoint> Chain::take_port() {
  return parts_->host.next_port();
}

Result<host::Endpoint> Chain::make_relay_socket(const std::string& name) {
  const auto& folders = parts_->host.folders();
  const auto folder = folders.runtime() / ("relay-" + name);
  if (const auto made = folders.make_shared_folder(folder); !made)
    return std::unexpected(made.error());
  return host::Endpoint{folder.string(), database_port};
}

void Chain::set_detour(const Detour& detour) {
  parts_->detour = detour;
}

Addresses Chain::addresses() const {
  const auto& parts = *parts_;
  return {.proxy = parts.proxy_settings ? parts.proxy->endpoint() : host::Endpoint{},
          .application = parts.app_at,
          .pooler = parts.pooler_settings ? parts.pooler->endpoint() : host::Endpoint{},
          .database = parts.postgres->endpoint()};
}

const std::string& Chain::pooler_version() const {
  return parts_->pooler->version();
}

runtime::Versions Chain::versions() const {
  const auto& parts = *parts_;
  runtime::Versions versions = {{"nginx", parts.proxy->version()},
                                {"pgbouncer", parts.pooler->version()},
                                {"postgresql", parts.postgres->version()}};
  const auto prepared = parts.runtimes.versions();
  versions.insert(versions.end(), prepared.begin(), prepared.end());
  const auto& folders = parts.host.folders();
  if (folders.services() != folders.home())
    versions.emplace_back("services' folder", folders.services().string());
  return versions;
}

std::filesystem::path Chain::app_log() const {
  return parts_->app.log();
}

}  // namespace unrig::chain
