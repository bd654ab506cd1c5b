#include "audit/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "audit/asking.h"
#include "audit/claims.h"
#include "audit/http_probe.h"
#include "audit/lack.h"
#include "audit/own_claims.h"
#include "audit/own_points.h"
#include "audit/points.h"
#include "audit/rest.h"
#include "audit/tracing.h"
#include "audit/worker_watch.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "chain/ask.h"
#include "chain/questions.h"
#include "host/sockets.h"
#include "host/usage.h"

namespace unrig::audit {
namespace {

using record::CheckedStack;
using scenario::Connection;

constexpr int counted_requests = 40;
constexpr int made_up_requests = 20;
constexpr int strace_requests = 40;
/// So few that a pool of another size shows, and more than one: sessions are this times the
/// workers.
constexpr int pool_share = 4;
/// Under way at once, where connections are pooled: three times what a worker's pool has.
constexpr int crowd_per_worker = 3 * pool_share;
/// No server's default.
constexpr int other_backlog = 777;

/// The cell's scenario as it is checked.
scenario::Scenario checked_scenario(const chain::Subject& cell, Connection connection) {
  auto scenario = cell.scenario;
  scenario.proxy_enabled = false;
  scenario.pooler_mode = scenario::PoolerMode::session;
  scenario.db_delay = observed_delay;
  scenario.db_connection = connection;
  scenario.db_sessions = {.fixed = pool_share * cell.workers};
  return scenario;
}

/// Connections that are open at once, at most.
int most_at_once(const chain::Subject& cell) {
  return std::max(watched_at_once, crowd_per_worker * cell.workers);
}

CheckedStack stack_of(const chain::Subject& cell) {
  const auto& spec = *cell.selection.spec;
  CheckedStack stack;
  stack.label = cell.label;
  stack.stack = spec.name;
  stack.vintage = cell.selection.vintage;
  stack.framework = spec.framework;
  stack.server = spec.server;
  stack.concurrency = std::string(scenario::to_text(spec.concurrency));
  stack.workers = cell.workers;
  return stack;
}

}  // namespace

Result<Checker> Checker::open(chain::Chain& chain, process::Guard& guard, const Clock& clock) {
  Checker checker(chain, guard, clock);
  auto socket = chain.make_relay_socket("check");
  if (!socket) return std::unexpected(socket.error());
  checker.detour_.pooler = std::move(*socket);
  auto opened = Tap::open(checker.detour_.pooler, Tap::Reads::postgres);
  if (!opened) return std::unexpected(opened.error());
  checker.to_pooler_.emplace(std::move(*opened));
  return checker;
}

Checker::Checker(Checker&& other) noexcept
    : chain_(std::exchange(other.chain_, nullptr)),
      guard_(other.guard_),
      clock_(other.clock_),
      detour_(std::move(other.detour_)),
      to_pooler_(std::move(other.to_pooler_)) {}

Checker::~Checker() {
  if (chain_ != nullptr) chain_->set_detour({});
}

Result<> Checker::with_server(const chain::Subject& cell, const scenario::Scenario& scenario,
                              const std::function<void(const TapCounts& start)>& look,
                              CheckedStack& stack) {
  chain_->set_detour(detour_);
  if (auto done = chain_->configure(scenario, cell.workers); !done) return done;
  const auto at = chain_->addresses();
  to_pooler_->set_target(scenario.pooler_enabled ? at.pooler : at.database);
  to_pooler_->forget_peak();
  const TapCounts start = to_pooler_->counts();
  const Means before = means_now(::getpid());
  const auto up = chain_->start_app(cell.selection, scenario, cell.workers);
  if (!up) {
    const auto fault = chain_->fault();
    chain_->stop_app();
    return fail(ErrorKind::measurement, fault.value_or(up.error().what), up.error().help);
  }
  choose_question(*cell.selection.spec, scenario);
  const std::size_t seen_before = stack.points.size();
  look(start);
  // The components first, then what the machine lacks; the stack is to blame for the rest.
  const auto services = chain_->check_services();
  const auto fault = chain_->fault();
  const auto queue = host::listen_queue(application().port);
  const Means after = without(means_now(server()), queue ? queue->drops : std::nullopt);
  const std::string lack =
      lack_of(before, after, most_at_once(cell), {read_tail(chain_->app_log())});
  chain_->stop_app();
  // A server that has ended by itself has nobody else to blame.
  const std::string why = !services ? fault.value_or(services.error().what) : fault ? "" : lack;
  // Last words of a log are told once, in `failure`.
  excuse(std::span(stack.points).subspan(seen_before), why.substr(0, why.find("; ")));
  if (fault || !why.empty()) return fail(ErrorKind::measurement, fault.value_or(why));
  return {};
}

Result<CheckedStack> Checker::check(const chain::Subject& cell, const std::stop_token& stop) {
  CheckedStack stack = stack_of(cell);
  const auto per_request = checked_scenario(cell, Connection::per_request);
  auto pooled = checked_scenario(cell, Connection::pooled);
  pooled.listen_backlog =
      pooled.listen_backlog == other_backlog ? other_backlog + 1 : other_backlog;
  const auto none = checked_scenario(cell, Connection::none);
  using Way = std::pair<const scenario::Scenario*, std::function<void(const TapCounts&)>>;
  std::vector<Way> ways;
  if (cell.selection.spec->own) {
    ways.emplace_back(&none, [&](const TapCounts&) { look_at_own(cell, none, stop, stack); });
  } else {
    ways.emplace_back(&per_request, [&](const TapCounts& start) {
      look_per_request(cell, per_request, start, stop, stack);
    });
    ways.emplace_back(&pooled,
                      [&](const TapCounts& start) { look_pooled(cell, pooled, start, stack); });
    ways.emplace_back(&none, [&](const TapCounts&) { look_without_database(stack); });
  }
  for (const auto& [scenario, look] : ways) {
    const auto done = with_server(cell, *scenario, look, stack);
    if (stop.stop_requested()) return fail(ErrorKind::interrupted, "the check was stopped");
    if (done) continue;
    if (done.error().kind != ErrorKind::measurement) return std::unexpected(done.error());
    stack.failure = fmt::format("with db.connection={}: {}",
                                scenario::to_text(scenario->db_connection), done.error().what);
    if (!done.error().help.empty()) stack.failure += "\n" + done.error().help;
    return stack;
  }
  return stack;
}

void Checker::look_per_request(const chain::Subject& cell, const scenario::Scenario& scenario,
                               const TapCounts& start, const std::stop_token& stop,
                               CheckedStack& stack) const {
  const auto rule = chain_->row_rule(scenario.db_connection);
  judge(look_at_answers(application(), chain::measured_path, *clock_, stop), rule, stack);
  if (stop.stop_requested()) return;
  stack.points.push_back(named_row_point(ask_for_rows(scenario), rule));
  const auto window = ask_in_turn(counted_requests, false);
  const auto& spec = *cell.selection.spec;
  stack.points.insert(
      stack.points.end(),
      {statement_point(scenario, window), statements_point(spec, scenario, window),
       connections_point(scenario, window), round_trips_point(window), sql_bytes_point(window)});
  add_sql_figures(window, stack.figures);
  if (stop.stop_requested()) return;
  LogSeen log;
  stack.points.push_back(
      at_once_point(watch_many(watched_requests(cell.workers), stack, log), rule));
  stack.points.push_back(own_sync_point(scenario, start, at_rest(false)));
  if (stop.stop_requested()) return;
  trace_writes(log);
  stack.points.push_back(log_point(log));
  stack.figures.log_bytes = log_bytes(log);
  add_backlog("listen backlog", scenario, stack);
  const auto each = backlog_each(host::listen_queue(application().port));
  using Size = record::Reading<std::uint64_t>;
  stack.figures.listen_backlog = each ? Size(*each) : Size::not_checked("the kernel does not tell");
}

void Checker::look_pooled(const chain::Subject& cell, const scenario::Scenario& scenario,
                          const TapCounts& start, CheckedStack& stack) const {
  const auto& spec = *cell.selection.spec;
  const int crowd = crowd_per_worker * cell.workers;
  const auto replies = ask_together(crowd, Duration(0));
  const auto window = ask_in_turn(counted_requests, true);
  const auto& end = window.after;
  // Whoever could not answer may have closed its connection for that.
  const bool all = window.requests > 0 && std::ranges::all_of(replies, [&](const auto& reply) {
                     return is_answered(reply);
                   });
  // One process that has all workers has their pools together.
  const int processes = scenario::processes_of(spec.worker, cell.workers);
  const PoolShare allowed{
      .share = scenario::pool_of(spec.worker, cell.workers, scenario.db_sessions.fixed),
      .workers = processes,
      .concurrency = spec.concurrency};
  stack.points.insert(stack.points.end(),
                      {statement_point(scenario, window), statements_point(spec, scenario, window),
                       connections_point(scenario, window), own_sync_point(scenario, start, end),
                       pool_share_point(allowed, start, end),
                       pool_kept_point(allowed, start, end, all ? crowd + window.requests : 0)});
  add_pool_figures(start, end, stack.figures);
  add_backlog("another backlog", scenario, stack);
}

void Checker::look_without_database(CheckedStack& stack) const {
  stack.points.push_back(no_database_point(ask_in_turn(made_up_requests, true)));
}

void Checker::look_at_own(const chain::Subject& cell, const scenario::Scenario& scenario,
                          const std::stop_token& stop, CheckedStack& stack) const {
  const auto& spec = *cell.selection.spec;
  WorkerWatch watch({.at = application(), .process = server(), .request = question_.bytes},
                    *clock_);
  constexpr Duration patience = std::chrono::seconds(3);
  watch.find(scenario::processes_of(spec.worker, cell.workers), patience, stop);
  if (stop.stop_requested()) return;
  auto& points = stack.points;
  if (!spec.health.empty()) {
    points.push_back(
        health_point(spec.health, chain::ask(application(), spec.health, *clock_, request_limit)));
  }
  std::vector<chain::Reply> in_turn;
  chain::Asker asker(application(), false, *clock_);
  for (int i = 0; i < counted_requests; ++i) in_turn.push_back(asker.ask(question_, request_limit));
  points.push_back(expected_point("answer", in_turn, *spec.own));
  LogSeen log;
  points.push_back(expected_point(
      "many at once", watch_many(watched_requests(cell.workers), stack, log), *spec.own));
  const Concurrent seen{.not_made = "no request waits for a database of unrig's"};
  points.push_back(point_of(
      workers_claim(cell.workers, spec.concurrency, spec.worker, watch.workers(), seen),
      "write {workers} in the command where their number stands, or worker = \"server\" where one "
      "process serves whatever is asked for"));
  if (stop.stop_requested()) return;
  trace_writes(log);
  points.push_back(only_recorded(log_point(log)));
  stack.figures.log_bytes = log_bytes(log);
  add_backlog("listen backlog", scenario, stack);
  points.back() = only_recorded(points.back());
  std::ranges::move(points_not_looked_at(), std::back_inserter(points));
  auto& figures = stack.figures;
  for (auto* figure : {&figures.database_connections, &figures.statements, &figures.round_trips,
                       &figures.sql_bytes_forth, &figures.sql_bytes_back})
    *figure = record::Reading<double>::not_checked(std::string(stack::own_database));
}

/// All under way at once: so each has to know whose answer it gives.
std::vector<chain::Reply> Checker::ask_for_rows(const scenario::Scenario& scenario) const {
  constexpr int rows = 8;
  auto naming = scenario;
  naming.app_key = scenario::AppKey::request;
  chain::Questions drawn(naming, application(), RandomStream(fresh_seed(), "checked"));
  std::vector<chain::Question> questions;
  for (int i = 0; i < rows; ++i) questions.push_back(drawn.to_front());
  return chain::ask(application(), questions, Duration(0), *clock_, request_limit);
}

SqlWindow Checker::ask_in_turn(int requests, bool keeps_connections) const {
  SqlWindow window;
  chain::Asker asker(application(), false, *clock_);
  window.before = at_rest(keeps_connections);
  for (int i = 0; i < requests; ++i) {
    const auto failure = failure_of(asker.ask(question_, request_limit), wanted_status_);
    if (failure.empty()) continue;
    window.not_made = "a request failed: " + failure;
    break;
  }
  window.after = at_rest(keeps_connections);
  if (window.not_made.empty()) window.requests = requests;
  return window;
}

/// On a connection of its own, which is closed after it.
void Checker::choose_question(const stack::StackSpec& spec, scenario::Scenario scenario) {
  scenario.app_key = scenario::AppKey::own;
  scenario.client_keep_alive = false;
  chain::Questions questions(scenario, application(), RandomStream(fresh_seed(), "checked"),
                             spec.own);
  question_ = questions.to_front();
  wanted_status_ = stack::right_status(spec.own);
}

bool Checker::is_answered(const chain::Reply& reply) const {
  return failure_of(reply, wanted_status_).empty();
}

std::vector<chain::Reply> Checker::ask_together(int requests, Duration spacing) const {
  const std::vector same(static_cast<std::size_t>(requests), question_);
  return chain::ask(application(), same, spacing, *clock_, request_limit);
}

/// Many requests, some of them at once, in two halves after as many as fill what is filled once.
std::vector<chain::Reply> Checker::watch_many(int requests, CheckedStack& stack,
                                              LogSeen& log) const {
  constexpr Duration spacing = std::chrono::milliseconds(2);
  std::vector<chain::Reply> replies;
  const auto all_answered = [&] {
    return std::ranges::all_of(replies, [&](const auto& reply) { return is_answered(reply); });
  };
  const auto ask_half = [&] {
    for (int asked = 0; asked < requests; asked += watched_at_once) {
      std::ranges::move(ask_together(watched_at_once, spacing), std::back_inserter(replies));
      if (!all_answered()) return;  // it will not get better
    }
  };
  const auto processes = host::descendants(server());
  const auto files = [&] { return host::files_open_to_write(processes); };
  const auto grown = [](const std::optional<host::OpenFiles>& first,
                        const std::optional<host::OpenFiles>& last) {
    return first && last ? host::grown_between(*first, *last) : std::vector<host::Growth>{};
  };
  MemorySeen memory{.before = host::memory_of(server())};
  const auto first = files();
  const auto written = host::written_by_calls(processes);
  ask_half();
  const auto second = files();
  memory.halfway = host::memory_of(server());
  ask_half();
  const auto last = files();
  memory.after = host::memory_of(server());
  const auto written_then = host::written_by_calls(processes);

  const bool all = all_answered();
  memory.requests = all ? 2 * requests : 0;
  memory.processes = static_cast<int>(processes.size());
  stack.points.push_back(memory_point(memory));
  stack.figures.memory_growth_bytes = memory_growth(memory);
  log.watched = all ? requests : 0;
  log.grown = grown(first, second);
  log.again = grown(second, last);
  log.files_seen = first && second && last;
  if (written && written_then && *written_then >= *written) log.written = *written_then - *written;
  return replies;
}

void Checker::trace_writes(LogSeen& log) const {
  SqlWindow window;
  Duration taken{0};
  const auto writes_while = [&](const std::function<void()>& meanwhile) {
    return traced(host::descendants(server()), {"-yy", "-s", "80", "-e", std::string(write_calls)},
                  chain_->app_log().parent_path(), *guard_, *clock_, meanwhile);
  };
  const auto text = writes_while([&] {
    const auto begun = clock_->now();
    window = ask_in_turn(strace_requests, false);
    taken = clock_->now() - begun;
  });
  if (!text || window.requests == 0) {
    log.not_traced = text ? window.not_made : text.error().what;
    return;
  }
  log.writes = parse_writes(*text, application().port);
  // Whoever answers writes: where strace has seen nothing of that, it has looked elsewhere.
  if (std::ranges::find(log.writes, Sink::client, &Writes::sink) == log.writes.end()) {
    log.not_traced = "strace has seen no answer";
    return;
  }
  log.traced = strace_requests;
  log.to_database = window.after.bytes_forth - window.before.bytes_forth;
  if (!has_stray_bytes(log)) return;
  // Processes may tell each other again and again that they are alive, as those of Sanic do.
  const auto rest = writes_while([&] { clock_->sleep_for(taken); });
  if (!rest) return;
  for (const auto& writes : parse_writes(*rest, application().port))
    if (writes.sink == Sink::stream) log.at_rest += writes.bytes;
}

void Checker::add_backlog(std::string name, const scenario::Scenario& scenario,
                          CheckedStack& stack) const {
  stack.points.push_back(backlog_point(std::move(name), scenario.listen_backlog,
                                       host::longest_listen_queue(),
                                       host::listen_queue(application().port)));
}

TapCounts Checker::at_rest(bool keeps_connections) const {
  const Resting before_pooler{.tap = &*to_pooler_, .kept = keeps_connections};
  return counts_at_rest(std::span(&before_pooler, 1), *clock_).front();
}

}  // namespace unrig::audit
