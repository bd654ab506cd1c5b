#include "audit/inspect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <thread>

#include "audit/asking.h"
#include "audit/hops.h"
#include "audit/http_points.h"
#include "audit/http_probe.h"
#include "audit/lack.h"
#include "audit/natives.h"
#include "audit/own_claims.h"
#include "audit/rest.h"
#include "audit/tracing.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "host/census.h"
#include "host/usage.h"

namespace unrig::audit {
namespace {

namespace fs = std::filesystem;

constexpr int audited_requests = 40;
constexpr int traced_requests = 15;

/// That the checks have under way at once.
int most_connections(const chain::Subject& cell) {
  return requests_per_process * std::max(1, cell.workers);
}

/// The scenario with a delay that can be told from the rest of a request, and with sessions and
/// listen queues for all that is sent at once: who is turned away there comes again after seconds.
scenario::Scenario observed(const chain::Subject& cell, int cores) {
  auto scenario = cell.scenario;
  scenario.db_delay = observed_delay;
  const int sessions = scenario.number(scenario.db_sessions, cores, cell.workers);
  scenario.db_sessions = {.fixed = std::max(sessions, most_connections(cell))};
  scenario.listen_backlog = std::max(scenario.listen_backlog, most_connections(cell));
  return scenario;
}

/// What of it the application is told: where it keeps no connections, the size of its pool is that
/// of a trial, so that it knows nothing by that.
scenario::Scenario told(const chain::Subject& cell, scenario::Scenario observed) {
  if (observed.db_connection != scenario::Connection::pooled)
    observed.db_sessions = cell.scenario.db_sessions;
  return observed;
}

/// Lines that a log has got since it had `size` bytes.
std::optional<std::size_t> lines_since(const fs::path& log, std::uintmax_t size) {
  std::error_code error;
  const auto now = fs::file_size(log, error);
  if (error) return std::nullopt;
  if (now <= size) return 0;
  const auto text = read_tail(log, now - size);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::uintmax_t size_of(const fs::path& log) {
  std::error_code error;
  const auto size = fs::file_size(log, error);
  return error ? 0 : size;
}

/// How long workers that have not come yet are waited for: whoever needs long for the first one may
/// need as long for the next.
Duration patience_after(Duration started_in) {
  constexpr Duration least = std::chrono::seconds(3), most = std::chrono::seconds(30);
  return std::clamp(started_in + started_in / 2, least, most);
}

Speakers speakers_of(const Talks& talks) {
  Speakers found;
  for (const auto& [pid, talk] : talks) found.insert(pid);
  return found;
}

std::vector<record::WorkerShare> shares_of(const Workers& workers, const Talks& talks) {
  std::vector<record::WorkerShare> shares;
  for (const Worker& worker : workers.all) {
    const auto talk = talks.find(worker.pid);
    const Talk own = talk == talks.end() ? Talk{} : talk->second;
    std::set<std::string> waits;
    for (const auto* files : {&worker.waits_for_clients_in, &worker.waits_for_others_in}) {
      for (const auto& file : *files) waits.emplace(short_name(file));
    }
    shares.push_back({.accepts = worker.accepts,
                      .held_at_once = worker.most_held,
                      .statements_at_once = worker.statements,
                      .database_connections = static_cast<std::uint64_t>(own.connections),
                      .exchanges = own.exchanges,
                      .waits_in = {waits.begin(), waits.end()}});
  }
  return shares;
}

}  // namespace

Result<Inspector> Inspector::open(chain::Chain& chain, process::Guard& guard, const Clock& clock) {
  Inspector inspector(chain, guard, clock);
  // From where the chain takes its own: two that draw by themselves draw the same port at times.
  for (auto* endpoint : {&inspector.client_, &inspector.app_port_, &inspector.pooler_}) {
    auto next = chain.take_port();
    if (!next) return std::unexpected(next.error());
    *endpoint = std::move(*next);
  }
  // Whoever reaches the database's socket is halfway in: its relay is closed to others, as it is.
  auto socket = chain.make_relay_socket("database");
  if (!socket) return std::unexpected(socket.error());
  inspector.detour_.database = std::move(*socket);
  auto app_socket = chain.make_relay_socket("application");
  if (!app_socket) return std::unexpected(app_socket.error());
  inspector.app_socket_ = std::move(*app_socket);
  const auto relay = [&](std::optional<Tap>& tap, const host::Endpoint& here,
                         Tap::Reads reads) -> Result<> {
    const bool timed = reads == Tap::Reads::postgres;
    auto opened = Tap::open(here, reads, timed ? &clock : nullptr, chain.host().service_user());
    if (!opened) return std::unexpected(opened.error());
    tap.emplace(std::move(*opened));
    return {};
  };
  if (auto done = relay(inspector.to_proxy_, inspector.client_, Tap::Reads::bytes); !done)
    return std::unexpected(done.error());
  if (auto done = relay(inspector.to_app_port_, inspector.app_port_, Tap::Reads::bytes); !done)
    return std::unexpected(done.error());
  if (auto done = relay(inspector.to_app_socket_, inspector.app_socket_, Tap::Reads::bytes); !done)
    return std::unexpected(done.error());
  if (auto done = relay(inspector.to_pooler_, inspector.pooler_, Tap::Reads::postgres); !done)
    return std::unexpected(done.error());
  if (auto done = relay(inspector.to_database_, inspector.detour_.database, Tap::Reads::postgres);
      !done) {
    return std::unexpected(done.error());
  }
  return inspector;
}

Inspector::Inspector(Inspector&& other) noexcept
    : chain_(std::exchange(other.chain_, nullptr)),
      guard_(other.guard_),
      clock_(other.clock_),
      detour_(std::move(other.detour_)),
      client_(std::move(other.client_)),
      app_port_(std::move(other.app_port_)),
      app_socket_(std::move(other.app_socket_)),
      pooler_(std::move(other.pooler_)),
      to_proxy_(std::move(other.to_proxy_)),
      to_app_port_(std::move(other.to_app_port_)),
      to_app_socket_(std::move(other.to_app_socket_)),
      to_pooler_(std::move(other.to_pooler_)),
      to_database_(std::move(other.to_database_)) {}

Inspector::~Inspector() {
  if (chain_ != nullptr) chain_->set_detour({});
}

/// After configure(): the parts' own ports are known only then.
void Inspector::connect_relays(const scenario::Scenario& scenario) {
  const auto at = chain_->addresses();
  if (scenario.pooler_enabled) to_pooler_->set_target(at.pooler);
  to_database_->set_target(at.database);
  if (at.proxy.is_set()) to_proxy_->set_target(at.proxy);
  before_application().set_target(at.application);
}

Result<Inspection> Inspector::inspect(const chain::Subject& cell, const std::stop_token& stop) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto scenario = observed(cell, cores);
  const Instant opened = clock_->now();
  // As in a trial: a port where there is a pooler, and a Unix socket where there is none.
  const bool by_socket = scenario.way_to_app().socket == scenario::ProxySocket::unix_domain;
  detour_.application = by_socket ? app_socket_ : app_port_;
  detour_.pooler = scenario.pooler_enabled ? pooler_ : detour_.database;
  chain_->set_detour(detour_);
  if (const auto done = chain_->configure(scenario, cell.workers); !done)
    return std::unexpected(done.error());
  connect_relays(scenario);
  own_ = cell.selection.spec->own;
  questions_.emplace(scenario, front(), RandomStream(fresh_seed(), "inspected"), own_);
  const Means before = means_now(::getpid());
  talks_.clear();
  programs_.clear();
  const PgTally spoken = to_pooler_->counts().postgres;
  const Instant begun = clock_->now();
  const auto up = chain_->start_app(cell.selection, told(cell, scenario), cell.workers);
  auto seen = up ? look(cell, scenario, clock_->now() - begun, stop)
                 : fail(ErrorKind::measurement, up.error().what, up.error().help);
  if (scenario.shares_sessions()) {
    // Whatever fails for that reason is not the stack's to answer for.
    auto lost = lost_statements(spoken, to_pooler_->counts().postgres, chain_->pooler_version());
    if (lost) {
      chain_->stop_app();
      return std::unexpected(*std::move(lost));
    }
  }
  // The components first, then what the machine lacks; the stack is to blame for the rest.
  if (seen.has_value() || seen.error().kind == ErrorKind::measurement) {
    const auto fault = up ? chain_->fault() : std::nullopt;
    const std::string lack =
        lack_of(before, means_now(up ? server() : ::getpid()), most_connections(cell),
                {read_tail(chain_->app_log()), seen ? "" : seen.error().what});
    if (fault) {
      seen = fail(ErrorKind::measurement,
                  fmt::format("{} could not be looked at: {}", cell.label, *fault));
    } else if (seen) {
      excuse(seen->claims, lack);
    } else if (!lack.empty()) {
      seen = fail(ErrorKind::measurement, seen.error().what,
                  lack + (seen.error().help.empty() ? "" : "\n" + seen.error().help));
    }
  }
  chain_->stop_app();
  if (seen) seen->audit.seconds = seconds(clock_->now() - opened);
  return seen;
}

Result<Inspection> Inspector::look(const chain::Subject& cell, const scenario::Scenario& scenario,
                                   Duration started_in, const std::stop_token& stop) {
  const auto stopped = [] { return fail(ErrorKind::interrupted, "the checks were stopped"); };

  if (auto right = check_first_answer(); !right) return std::unexpected(right.error());
  WorkerWatch watch(
      {.at = application(), .process = server(), .request = questions_->to_application().bytes},
      *clock_);
  find_workers(cell, watch, patience_after(started_in), stop);
  if (stop.stop_requested()) return stopped();
  const auto answers = ask_about(cell);
  // From here on each statement belongs to one of the replies.
  std::vector<chain::Reply> replies;
  const PgTally before = to_database_->counts().postgres;
  to_database_->forget_times();
  const auto at_once = ask_at_once(cell, scenario, watch, replies, stop);
  if (stop.stop_requested()) return stopped();
  Inspection seen{.audit = audit(scenario, replies)};
  const auto delays = delays_in(replies, observed_delay, before, to_database_->counts().postgres);
  if (stop.stop_requested()) return stopped();
  count_system_calls(scenario, seen.audit);
  seen.audit.workers = cell.workers;
  look_at_processes(watch.workers(), seen.audit);
  seen.audit.threads_per_request = at_once.threads_per_request;
  if (!stop.stop_requested()) seen.audit.head_to_body_us = head_to_body_us(scenario);

  auto claims = claims_of(cell, watch.workers(), at_once, answers);
  if (!claims) return std::unexpected(claims.error());
  seen.claims = *std::move(claims);
  add_work_claims(cell, scenario, replies, delays, seen);
  seen.claims.push_back(fence_claim(process::fence_version()));
  mark_claimed(seen.claims);
  return seen;
}

/// What it does for its requests.
void Inspector::add_work_claims(const chain::Subject& cell, const scenario::Scenario& scenario,
                                std::span<const chain::Reply> replies, const Delays& delays,
                                Inspection& seen) const {
  auto& claims = seen.claims;
  if (own_) {
    for (auto& claim : own_database_claims()) claims.push_back(std::move(claim));
    claims.push_back(answer_claim(replies, own_->expect));
    return;
  }
  claims.push_back(statements_claim(*cell.selection.spec, scenario, seen.audit));
  if (scenario.db_connection != scenario::Connection::none) {
    claims.push_back(query_claim(seen.audit));
    claims.push_back(delay_claim(delays));
  }
  claims.insert(claims.end(), {connections_claim(scenario, cell.workers, seen.audit),
                               body_claim(replies, chain_->row_rule(scenario.db_connection)),
                               content_type_claim(replies), role_claim(chain_->restore_role())});
}

/// A rule that no answer keeps is told with the first one, and nothing is measured by it.
Result<> Inspector::check_first_answer() {
  if (!own_) return {};
  const auto first =
      chain::ask(detour_.application, questions_->to_application(), *clock_, request_limit);
  const auto why = refusal_of(first, own_->expect);
  if (why.empty()) return {};
  return fail(ErrorKind::measurement,
              fmt::format("{} is not answered as expected ({}): {}; the first answer had {}",
                          name_of(own_->request), to_text(own_->expect), why, answer_shown(first)),
              "change `[request]` or its `expect` in stack.toml");
}

/// Who serves, how many at once, and with which code.
Result<std::vector<record::Claim>> Inspector::claims_of(const chain::Subject& cell,
                                                        const Workers& workers,
                                                        const Concurrent& at_once,
                                                        const Answers& answers) const {
  const auto& spec = *cell.selection.spec;
  const auto runtime = chain_->runtimes().of(cell.selection);
  if (!runtime) return std::unexpected(runtime.error());
  const auto installed = (*runtime)->installed(cell.selection);
  const auto differences = (*runtime)->differences(
      cell.selection, installed ? installed->packages : runtime::Packages{});
  const std::string folder = installed ? installed->folder.string() : "";
  std::vector<record::Claim> claims{
      versions_claim(installed, differences, workers),
      workers_claim(cell.workers, spec.concurrency, spec.worker, workers, at_once),
      concurrency_claim(spec.concurrency, at_once)};
  if (auto yields = yields_claim(spec.concurrency, at_once)) claims.push_back(*yields);
  claims.insert(claims.end(),
                {event_loop_claim(spec, workers, folder), c_extensions_claim(spec, workers, folder),
                 driver_claim(spec, workers, speakers_of(talks_), folder),
                 about_claim(answers, workers, differences_of(cell.selection, answers))});
  return claims;
}

/// The relay that speaks to it.
Tap& Inspector::before_application() {
  return detour_.application == app_socket_ ? *to_app_socket_ : *to_app_port_;
}

/// The relay that the application speaks to: before the pooler, or without one before the database.
Tap& Inspector::behind_application() {
  return detour_.pooler == detour_.database ? *to_database_ : *to_pooler_;
}

void Inspector::look_at_processes(const Workers& workers, record::Audit& audit) const {
  // As in a trial: whatever became of their parents.
  const auto own = host::population_below(host::keeper_of(server()));
  if (!own.processes.empty()) {
    audit.processes = static_cast<int>(own.processes.size());
    audit.threads = own.threads;
  }
  std::set<pid_t> at_work = speakers_of(talks_);
  for (const Worker& worker : workers.all) at_work.insert(worker.pid);
  if (!talks_.empty()) audit.at_work = static_cast<int>(at_work.size());
  std::set<std::string> programs = programs_;
  programs.merge(host::programs_of(workers.pids()));
  audit.programs.assign(programs.begin(), programs.end());
  audit.memory_bytes = host::memory_of(server());
  audit.shares = shares_of(workers, talks_);
}

/// Each of the differences that the answers have from the lock, once.
std::vector<std::string> Inspector::differences_of(const stack::Selection& stack,
                                                   const Answers& answers) const {
  std::vector<std::string> found;
  const auto runtime = chain_->runtimes().of(stack);
  if (!runtime) return found;
  for (const About& about : answers.all) {
    const auto differences = (*runtime)->differences(stack, about.versions);
    if (!differences) continue;  // versions_claim() says it
    for (const auto& text : *differences) {
      if (std::ranges::find(found, text) == found.end()) found.push_back(text);
    }
  }
  return found;
}

record::Audit Inspector::audit(const scenario::Scenario& scenario,
                               std::vector<chain::Reply>& replies) {
  record::Audit audit;
  chain::Asker asker(front(), scenario.client_keep_alive, *clock_);
  // The first one opens what is kept; it is not counted.
  if (const auto failure =
          failure_of(asker.ask(questions_->to_front(), request_limit), wanted_status());
      !failure.empty()) {
    audit.not_made = "a request failed: " + failure;
    return audit;
  }
  const auto log_size = size_of(chain_->app_log());
  const auto before = counts_at_rest(scenario);
  const auto counting = chain_->begin_look();
  for (int i = 0; i < audited_requests; ++i) {
    replies.push_back(asker.ask(questions_->to_front(), request_limit));
    if (const auto failure = failure_of(replies.back(), wanted_status()); !failure.empty()) {
      audit.not_made = "a request failed: " + failure;
      return audit;
    }
  }
  const auto after = counts_at_rest(scenario);
  audit.requests = audited_requests;
  const auto looked = counting ? chain_->end_look() : std::unexpected(counting.error());
  if (looked && !own_) {
    for (const auto& kind : looked->statements.kinds) {
      audit.database_statements.push_back(
          {kind.text, static_cast<double>(kind.calls) / audited_requests});
    }
    if (scenario.pooler_enabled)
      audit.queries = static_cast<double>(looked->queries) / audited_requests;
  }
  const auto add = [&](std::size_t i, const char* from, const char* to) {
    audit.hops.push_back(hop_between(from, to, before[i], after[i], audited_requests));
  };
  if (scenario.proxy_enabled) {
    add(0, "client", "proxy");
    add(1, "proxy", "app");
  } else {
    add(1, "client", "app");
  }
  if (!own_) add(2, "app", scenario.pooler_enabled ? "pooler" : "database");
  if (!own_ && scenario.pooler_enabled) add(3, "pooler", "database");
  if (const auto lines = lines_since(chain_->app_log(), log_size)) {
    audit.log_lines = static_cast<double>(*lines) / audited_requests;
  }
  return audit;
}

/// Of a kept connection, straight at the application, whatever the load does: on a new one nothing
/// waits for an acknowledgement.
std::optional<double> Inspector::head_to_body_us(const scenario::Scenario& scenario) const {
  auto kept = scenario;
  kept.proxy_keep_alive = kept.client_keep_alive = true;
  chain::Questions questions(kept, front(), RandomStream(fresh_seed(), "in turn"), own_);
  const auto answers = answers_in_turn(application(), questions.to_application().bytes, *clock_);
  const auto apart = head_to_body(answers);
  return apart ? std::optional(microseconds(*apart)) : std::nullopt;
}

void Inspector::count_system_calls(const scenario::Scenario& scenario, record::Audit& audit) {
  if (audit.requests == 0) return;
  auto& why_not = audit.system_calls_not_checked;
  chain::Asker asker(front(), scenario.client_keep_alive, *clock_);
  bool failed = false;
  const auto ask = [&] {
    for (int i = 0; i < traced_requests && !failed; ++i)
      failed =
          !failure_of(asker.ask(questions_->to_front(), request_limit), wanted_status()).empty();
  };
  const auto text = traced(host::descendants(server()), {"-c"}, chain_->app_log().parent_path(),
                           *guard_, *clock_, ask);
  const auto calls = text && !failed ? parse_strace(*text) : decltype(parse_strace("")){};
  if (calls.empty()) {
    why_not = failed  ? "a request failed under strace"
              : !text ? text.error().what
                      : "strace has counted nothing";
    return;
  }
  double sum = 0;
  for (const auto& [name, count] : calls) sum += count;
  audit.system_calls = sum / traced_requests;
  constexpr std::size_t kept = 8;
  for (std::size_t i = 0; i < std::min(kept, calls.size()); ++i)
    audit.system_calls_by_name.emplace_back(calls[i].first, calls[i].second / traced_requests);
}

/// Of all relays, in the order of the chain.
std::vector<TapCounts> Inspector::counts_at_rest(const scenario::Scenario& scenario) {
  const std::array<Resting, 4> taps{{
      {.tap = &*to_proxy_, .kept = scenario.client_keep_alive},
      {.tap = &before_application(),
       .kept = scenario.proxy_enabled ? scenario.proxy_keep_alive : scenario.client_keep_alive},
      {.tap = &behind_application(),
       .kept = scenario.db_connection == scenario::Connection::pooled},
      {.tap = &*to_database_, .kept = true},  // the pooler's own
  }};
  return audit::counts_at_rest(taps, *clock_);
}

/// Where a client's requests go: to the relay before the proxy, or, without one, to that before the
/// application.
host::Endpoint Inspector::front() const {
  return chain_->addresses().proxy.is_set() ? client_ : detour_.application;
}

}  // namespace unrig::audit
