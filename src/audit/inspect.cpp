#include "audit/inspect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <thread>

#include "audit/hops.h"
#include "audit/lack.h"
#include "base/file.h"
#include "base/text.h"
#include "host/usage.h"

namespace unrig::audit {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view measured_path = "/test";
constexpr int audited_requests = 40;
constexpr int traced_requests = 15;
constexpr Duration request_limit = std::chrono::seconds(10);
constexpr int tries = 3;  ///< a machine that is busy elsewhere must not make a stack a liar

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

std::string failure_of(const chain::Reply& reply) {
  constexpr int ok = 200;
  if (!reply.complete()) return printable(reply.failure);
  return reply.status == ok ? "" : fmt::format("status {}", reply.status);
}

std::size_t attached(const fs::path& log) {
  const auto text = read_tail(log);
  std::size_t count = 0;
  for (const auto& line : split(text, '\n')) count += line.find(" attached") != std::string::npos;
  return count;
}

}  // namespace

Result<Inspector> Inspector::open(chain::Chain& chain, process::Guard& guard, const Clock& clock) {
  Inspector inspector(chain, guard, clock);
  // From where the chain takes its own: two that draw by themselves draw the same port at times.
  for (auto* endpoint : {&inspector.client_, &inspector.detour_.application}) {
    auto next = chain.take_port();
    if (!next) return std::unexpected(next.error());
    *endpoint = std::move(*next);
  }
  auto made = Tap::open(inspector.client_, Tap::Reads::bytes);
  if (!made) return std::unexpected(made.error());
  inspector.to_proxy_.emplace(std::move(*made));
  // Whoever reaches the database's socket is halfway in: its relays are closed to others, as it is.
  const auto relay = [&](std::optional<Tap>& tap, host::Endpoint& here,
                         const char* name) -> Result<> {
    auto socket = chain.make_relay_socket(name);
    if (!socket) return std::unexpected(socket.error());
    here = std::move(*socket);
    auto opened = Tap::open(here, Tap::Reads::postgres);
    if (!opened) return std::unexpected(opened.error());
    tap.emplace(std::move(*opened));
    return {};
  };
  if (auto done = relay(inspector.to_pooler_, inspector.detour_.pooler, "pooler"); !done)
    return std::unexpected(done.error());
  if (auto done = relay(inspector.to_database_, inspector.detour_.database, "database"); !done)
    return std::unexpected(done.error());
  return inspector;
}

Inspector::Inspector(Inspector&& other) noexcept
    : chain_(std::exchange(other.chain_, nullptr)),
      guard_(other.guard_),
      clock_(other.clock_),
      detour_(std::move(other.detour_)),
      client_(std::move(other.client_)),
      application_(std::move(other.application_)),
      to_proxy_(std::move(other.to_proxy_)),
      to_application_(std::move(other.to_application_)),
      to_pooler_(std::move(other.to_pooler_)),
      to_database_(std::move(other.to_database_)) {}

Inspector::~Inspector() {
  if (chain_ != nullptr) chain_->set_detour({});
}

/// After configure(): the parts' own ports are known only then.
Result<> Inspector::connect_relays(const scenario::Scenario& scenario) {
  const auto at = chain_->addresses();
  to_pooler_->set_target(scenario.pooler_enabled ? at.pooler : at.database);
  to_database_->set_target(at.database);
  if (at.proxy.is_set()) to_proxy_->set_target(at.proxy);
  if (!to_application_ || application_ != at.application) {
    auto made = Tap::open(at.application, Tap::Reads::bytes);
    if (!made) return std::unexpected(made.error());
    to_application_.emplace(std::move(*made));
    application_ = at.application;
  }
  to_application_->set_target(detour_.application);
  return {};
}

Result<Inspection> Inspector::inspect(const chain::Subject& cell, const std::stop_token& stop) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto scenario = observed(cell, cores);
  chain_->set_detour(detour_);
  if (const auto done = chain_->configure(scenario, cell.workers); !done)
    return std::unexpected(done.error());
  if (const auto done = connect_relays(scenario); !done) return std::unexpected(done.error());
  const Means before = means_now(::getpid());
  const auto up = chain_->start_app(cell.selection, scenario, cell.workers);
  auto seen = up ? look(cell, scenario, stop)
                 : fail(ErrorKind::measurement, up.error().what, up.error().help);
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
  return seen;
}

Result<Inspection> Inspector::look(const chain::Subject& cell, const scenario::Scenario& scenario,
                                   const std::stop_token& stop) {
  const auto& spec = *cell.selection.spec;
  const auto stopped = [] { return fail(ErrorKind::interrupted, "the checks were stopped"); };

  const auto answers = ask_who_serves(cell);
  if (stop.stop_requested()) return stopped();
  std::vector<chain::Reply> replies;
  const auto at_once = scenario.db_connection == scenario::Connection::none
                           ? Concurrent{.not_made = "no request waits for a database"}
                           : ask_at_once(cell, answers, replies);
  if (stop.stop_requested()) return stopped();
  Inspection seen{.audit = audit(scenario, replies)};
  if (stop.stop_requested()) return stopped();
  count_system_calls(scenario, seen.audit);
  if (const auto count = host::count_of(server()); count.processes > 0) {
    seen.audit.processes = count.processes;
    seen.audit.threads = count.threads;
  }
  seen.audit.memory_bytes = host::memory_of(server());

  const auto differences = differences_of(cell.selection, answers);
  if (!differences) return std::unexpected(differences.error());
  seen.claims = {versions_claim(*differences, answers),
                 workers_claim(cell.workers, spec.concurrency, answers),
                 concurrency_claim(spec.concurrency, at_once)};
  if (auto yields = yields_claim(spec.concurrency, at_once)) seen.claims.push_back(*yields);
  seen.claims.insert(seen.claims.end(),
                     {event_loop_claim(spec, answers), c_extensions_claim(spec, answers),
                      driver_claim(spec, answers), statements_claim(spec, scenario, seen.audit),
                      body_claim(replies), content_type_claim(replies)});
  return seen;
}

/// Of the first process that has other packages than its lock.
Result<std::vector<std::string>> Inspector::differences_of(const stack::Selection& stack,
                                                           const Answers& answers) const {
  const auto runtime = chain_->runtimes().of(stack);
  if (!runtime) return std::unexpected(runtime.error());
  for (const auto& process : answers.processes) {
    auto found = (*runtime)->differences(stack, process.versions);
    if (!found || !found->empty()) return found;
  }
  return std::vector<std::string>{};
}

/// Each answer keeps its worker busy for 20 ms. Requests that come one by one within such a time
/// therefore go to workers that are free, until all have answered.
Answers Inspector::ask_who_serves(const chain::Subject& cell) const {
  constexpr int rounds = 12;
  constexpr Duration busy = milliseconds(20);
  constexpr int most_at_once = 128;
  const bool threaded = cell.selection.spec->concurrency == scenario::Concurrency::threads;
  int at_once = cell.workers + 2;
  // The last answer of each: modules may be loaded late.
  std::map<std::pair<pid_t, pid_t>, About> found;
  std::set<pid_t> group;  // the server's own, ended ones too: some start their workers late
  Answers answers;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& reply : chain::ask(detour_.application, "/about", at_once, busy / at_once,
                                        *clock_, request_limit)) {
      const auto failure = failure_of(reply);
      auto about = failure.empty() ? parse_about(reply.body) : std::nullopt;
      if (!about) {
        answers.missing = "GET /about gives " + (failure.empty() ? "something else" : failure);
        continue;
      }
      if (!threaded) about->thread = about->pid;
      found.insert_or_assign({about->pid, about->thread}, std::move(*about));
    }
    if (found.empty()) break;
    const auto own = host::descendants(server());
    group.insert(own.begin(), own.end());
    answers.processes.clear();
    answers.strangers = 0;
    for (const auto& [who, about] : found) {
      if (group.contains(about.pid)) {
        answers.processes.push_back(about);
      } else {
        ++answers.strangers;
      }
    }
    // One round more than needed shows workers too many.
    if (round > 0 &&
        workers_claim(cell.workers, cell.selection.spec->concurrency, answers).ok == true) {
      break;
    }
    // The threads of a few workers may be enough for all: then more are needed.
    if (threaded && round > 0) at_once = std::min(2 * at_once, most_at_once);
  }
  return answers;
}

Concurrent Inspector::ask_at_once(const chain::Subject& cell, const Answers& answers,
                                  std::vector<chain::Reply>& replies) {
  const auto model = cell.selection.spec->concurrency;
  const bool threaded = model == scenario::Concurrency::threads;
  const int processes = std::max({1, answers.process_count(), threaded ? 1 : cell.workers});
  Concurrent best;
  for (int i = 0; i < tries; ++i) {
    Concurrent seen{.requests = requests_per_process * processes, .processes = processes};
    to_pooler_->forget_peak();
    const auto got = chain::ask(detour_.application, measured_path, seen.requests, Duration(0),
                                *clock_, request_limit * 3);
    Instant first = got.front().began, last = got.front().ended;
    for (const auto& reply : got) {
      if (const auto failure = failure_of(reply); !failure.empty()) {
        ++seen.failed;
        seen.failure = failure;
      }
      first = std::min(first, reply.began);
      last = std::max(last, reply.ended);
    }
    seen.statements = to_pooler_->counts().postgres.most_under_way;
    seen.delays = seconds(last - first) / seconds(observed_delay);
    replies.insert(replies.end(), got.begin(), got.end());
    const bool better =
        seen.failed < best.failed || (seen.failed == best.failed && seen.delays < best.delays);
    if (best.requests == 0 || better) best = seen;
    // In line once is in line: nothing makes one worker serve faster than one after the other.
    if (concurrency_claim(model, best).ok == true || model == scenario::Concurrency::sync) break;
  }
  return best;
}

record::Audit Inspector::audit(const scenario::Scenario& scenario,
                               std::vector<chain::Reply>& replies) const {
  record::Audit audit;
  chain::Asker asker(front(), scenario.client_keep_alive, *clock_);
  // The first one opens what is kept; it is not counted.
  if (const auto failure = failure_of(asker.ask(measured_path, request_limit)); !failure.empty()) {
    audit.not_made = "a request failed: " + failure;
    return audit;
  }
  const auto log_size = size_of(chain_->app_log());
  const auto before = counts_at_rest(scenario);
  for (int i = 0; i < audited_requests; ++i) {
    replies.push_back(asker.ask(measured_path, request_limit));
    if (const auto failure = failure_of(replies.back()); !failure.empty()) {
      audit.not_made = "a request failed: " + failure;
      return audit;
    }
  }
  const auto after = counts_at_rest(scenario);
  audit.requests = audited_requests;
  const auto add = [&](std::size_t i, const char* from, const char* to) {
    audit.hops.push_back(hop_between(from, to, before[i], after[i], audited_requests));
  };
  if (scenario.proxy_enabled) {
    add(0, "client", "proxy");
    add(1, "proxy", "app");
  } else {
    add(1, "client", "app");
  }
  add(2, "app", scenario.pooler_enabled ? "pooler" : "database");
  if (scenario.pooler_enabled) add(3, "pooler", "database");
  if (const auto lines = lines_since(chain_->app_log(), log_size)) {
    audit.log_lines = static_cast<double>(*lines) / audited_requests;
  }
  return audit;
}

void Inspector::count_system_calls(const scenario::Scenario& scenario, record::Audit& audit) const {
  if (audit.requests == 0) return;
  auto& why_not = audit.system_calls_not_checked;
  if (!process::find_program("strace")) {
    why_not = "strace is not installed";
    return;
  }
  const auto folder = chain_->app_log().parent_path();
  const auto table = folder / "strace.table";
  process::Command command{.argv = {"strace", "-f", "-c", "-o", table.string()},
                           .log = folder / "strace.log"};
  const auto pids = host::descendants(server());
  for (const pid_t pid : pids) command.argv.insert(command.argv.end(), {"-p", std::to_string(pid)});
  std::error_code ignored;
  fs::remove(command.log, ignored);
  auto strace = process::Process::start(command, *guard_);
  if (!strace) {
    why_not = strace.error().what;
    return;
  }
  const Instant deadline = clock_->now() + std::chrono::seconds(3);
  while (attached(command.log) < pids.size() && !strace->poll() && clock_->now() < deadline)
    clock_->sleep_for(milliseconds(5));
  if (attached(command.log) < pids.size()) {
    why_not = printable(last_lines(trim(read_tail(command.log)), 1));
    strace->stop(*clock_, std::chrono::seconds(5), SIGINT);
    return;
  }
  chain::Asker asker(front(), scenario.client_keep_alive, *clock_);
  bool failed = false;
  for (int i = 0; i < traced_requests && !failed; ++i)
    failed = !failure_of(asker.ask(measured_path, request_limit)).empty();
  strace->stop(*clock_, std::chrono::seconds(5), SIGINT);
  const auto text = read_file(table, 1 << 20);
  const auto calls = text && !failed ? parse_strace(*text) : decltype(parse_strace("")){};
  if (calls.empty()) {
    why_not = failed ? "a request failed under strace" : "strace has counted nothing";
    return;
  }
  double sum = 0;
  for (const auto& [name, count] : calls) sum += count;
  audit.system_calls = sum / traced_requests;
  constexpr std::size_t kept = 8;
  for (std::size_t i = 0; i < std::min(kept, calls.size()); ++i)
    audit.system_calls_by_name.emplace_back(calls[i].first, calls[i].second / traced_requests);
}

/// Connections end a little after the answer, and the pooler tidies up after that: waits until all
/// that are not kept have ended, no statement is under way, and for four turns nothing has passed.
/// One turn alone may be just the time that a busy machine gives to somebody else.
std::vector<TapCounts> Inspector::counts_at_rest(const scenario::Scenario& scenario) const {
  constexpr Duration turn = milliseconds(25);
  constexpr int quiet_turns = 4;
  constexpr int most = 120;
  const bool kept[] = {
      scenario.client_keep_alive,
      scenario.proxy_enabled ? scenario.proxy_keep_alive : scenario.client_keep_alive,
      scenario.db_connection == scenario::Connection::pooled,
      true,  // the pooler's own
  };
  const auto read = [&] {
    return std::vector<TapCounts>{to_proxy_->counts(), to_application_->counts(),
                                  to_pooler_->counts(), to_database_->counts()};
  };
  const auto same = [](const TapCounts& a, const TapCounts& b) {
    return a.bytes_forth == b.bytes_forth && a.bytes_back == b.bytes_back && a.open == b.open;
  };
  auto counts = read();
  for (int i = 0, quiet = 0; i < most && quiet < quiet_turns; ++i) {
    clock_->sleep_for(turn);
    auto now = read();
    bool rest = std::equal(now.begin(), now.end(), counts.begin(), same);
    for (std::size_t hop = 0; hop < now.size(); ++hop)
      rest = rest && (kept[hop] || now[hop].open == 0) && now[hop].postgres.under_way == 0;
    quiet = rest ? quiet + 1 : 0;
    counts = std::move(now);
  }
  return counts;
}

pid_t Inspector::server() const {
  const auto processes = chain_->processes();
  const auto app = processes.find(record::Component::app);
  return app == processes.end() ? -1 : app->second;
}

/// Where a client's requests go: to the relay before the proxy, or, without one, to that before the
/// application.
host::Endpoint Inspector::front() const {
  return chain_->addresses().proxy.is_set() ? client_ : application_;
}

}  // namespace unrig::audit
