#include "trial/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "chain/statements.h"
#include "trial/judge.h"

namespace unrig::trial {
namespace {

using record::Component;

constexpr double us_per_second = 1e6;

std::string time_text(double us) {
  return human(from_seconds(us / us_per_second));
}

/// Of a statement, what a reason has room for.
std::string short_statement(const std::string& text) {
  constexpr std::size_t room = 72;
  if (text.size() <= room) return "\"" + text + "\"";
  return "\"" + printable(std::string_view(text).substr(0, room - 3)) + "...\"";
}

bool has_pooler(const record::Trial& trial) {
  return trial.signals.of(Component::pooler) != nullptr;
}

/// Requests that the application has had for certain, and may have had.
struct Requests {
  double least = 0, most = 0;
  /// Of these it is not known what became of them.
  [[nodiscard]] double unclear() const { return most - least; }
};

Requests requests_of(const record::Trial& trial) {
  // Of a request that was sent twice both may have arrived.
  return {.least = static_cast<double>(trial.total.completed + trial.events.ready_answered),
          .most = static_cast<double>(trial.total.issued + trial.resent + trial.events.ready_sent)};
}

/// Why a figure could not be read; "" where nothing is known of that.
std::string reason_not_read(const record::Trial& trial, std::string_view what) {
  const auto found = std::ranges::find(trial.not_checked, what, &record::NotChecked::what);
  return found == trial.not_checked.end() ? "" : found->why;
}

/// Each answered request read one row; a request that failed may have read its row or not. Where
/// rows are made up nobody reads any.
void judge_rows(record::Trial& trial, const Requests& requests) {
  const double rows = trial.conditions->asks_database ? 1 : 0;  // of a request
  const double least = rows * requests.least;
  const double most = rows * requests.most;
  if (!trial.db.rows_read) {
    trial.verdict.reject(
        fmt::format("how often the database ran the application's query could not be read: {}",
                    reason_not_read(trial, counters_figure)));
    return;
  }
  const auto read = static_cast<double>(*trial.db.rows_read);
  if (read >= least && read <= most) return;
  const std::string expected =
      least == most ? fmt::format("{:.0f}", least) : fmt::format("{:.0f} to {:.0f}", least, most);
  trial.verdict.reject(fmt::format("the database ran the application's query {} times, expected {}",
                                   *trial.db.rows_read, expected));
}

/// What the database takes for the query at least.
double least_sleep_us(const record::Trial& trial) {
  return trial.conditions->delay_us * (1 - clock_tolerance) - clock_grain_us;
}

/// No answer is quicker than the query that it waits for.
void judge_quickest(record::Trial& trial) {
  const auto& quickest = trial.service_us.min;
  if (!quickest || *quickest >= least_sleep_us(trial)) return;
  trial.verdict.reject(
      fmt::format("an answer came {} after its request, and its query alone takes {}",
                  time_text(*quickest), time_text(trial.conditions->delay_us)));
}

/// Whoever sleeps in each query, and does nothing else meanwhile, serves one request per sleep.
void judge_capacity(record::Trial& trial) {
  const auto at_most = [&](int slots, const char* what) {
    if (slots <= 0) return;
    const double delay_s = trial.conditions->delay_us / us_per_second;
    const double window_s = trial.window_seconds;
    // One more of each: its sleep may have begun before the window.
    const double most = slots * (window_s / delay_s * (1 + clock_tolerance) + 1);
    if (trial.throughput_per_s * window_s <= most) return;
    trial.verdict.reject(
        fmt::format("{:.0f} requests/s were answered, and {} {}, each of which sleeps {} for every "
                    "one of them, allow {:.0f} at most",
                    trial.throughput_per_s, slots, what, time_text(trial.conditions->delay_us),
                    most / window_s));
  };
  if (trial.conditions->concurrency == scenario::Concurrency::sync)
    at_most(trial.workers, "sync workers");
  if (has_pooler(trial)) at_most(trial.conditions->sessions, "sessions of the database");
}

/// As many sessions sleep as answers come, by their sleep (Little 1961), while they come: who runs
/// the query at another time sleeps then. Looks are few and late on a busy machine, but find no
/// half of what there is.
void judge_asleep(record::Trial& trial) {
  constexpr int looks_needed = 20;
  constexpr double least_asleep = 1, share = 0.5;
  const auto& seen = trial.signals.activity;
  if (!seen.asleep || !seen.looks || *seen.looks < looks_needed) return;
  const double wanted = trial.throughput_per_s * trial.conditions->delay_us / us_per_second;
  if (wanted < least_asleep || *seen.asleep >= share * wanted) return;
  trial.verdict.reject(fmt::format(
      "in {} looks {:.1f} sessions of the database slept on average, and {:.0f} answers a second, "
      "each after a sleep of {}, take {:.1f}: the query is run at another time",
      *seen.looks, *seen.asleep, trial.throughput_per_s, time_text(trial.conditions->delay_us),
      wanted));
}

/// The database slept once for each answer, by its own count and clock.
void judge_sleeps(record::Trial& trial, const Requests& requests) {
  double slept = 0, rows = 0;
  const record::Executions* longest = nullptr;  // all its executions together
  const auto total_us = [](const record::Executions& kind) {
    return kind.mean_us * static_cast<double>(kind.calls);
  };
  for (const auto& kind : trial.db.statements) {
    if (static_cast<double>(kind.least_us) >= least_sleep_us(trial)) {
      slept += static_cast<double>(kind.calls);
      rows += static_cast<double>(kind.rows);
    }
    if (longest == nullptr || total_us(kind) > total_us(*longest)) longest = &kind;
  }
  if (slept >= requests.least) {
    // Who asks for a row that is not there has to make its answer up.
    if (rows >= requests.least) return;
    trial.verdict.reject(fmt::format("the query gave {:.0f} rows for {:.0f} answered requests",
                                     rows, requests.least));
    return;
  }
  trial.verdict.reject(fmt::format(
      "of {:.0f} answered requests the database slept {} for {:.0f}: {}", requests.least,
      time_text(trial.conditions->delay_us), slept,
      longest == nullptr ? "it ran no statement"
                         : fmt::format("{} took {} at least, {} on average, {} times",
                                       short_statement(longest->text),
                                       time_text(static_cast<double>(longest->least_us)),
                                       time_text(longest->mean_us), longest->calls)));
}

/// How often something may have happened in a trial that happened so often per request before.
struct Band {
  double low = 0, high = 0;
  [[nodiscard]] bool holds(double seen) const { return seen >= low && seen <= high; }
};

/// `slack`: of what happens once for a connection or a session, not for a request.
Band band_of(double per_request, const Requests& requests, double slack) {
  // What does not happen with every request, as a sign of life now and then, may or may not happen
  // in another time.
  constexpr double nearly = 0.02;
  const double low = std::floor(per_request + nearly) * requests.least * (1 - count_tolerance);
  const double high = std::ceil(per_request - nearly) * requests.most;
  return {.low = low - slack, .high = high + requests.most * count_tolerance + slack};
}

/// A trial that is held against what was inspected of its cell.
class Held {
 public:
  Held(record::Trial& trial, const Requests& requests)
      : trial_(trial), seen_(*trial.inspected), requests_(requests) {}

  void judge() {
    judge_statements();
    constexpr double all_that_it_asks = 6;
    const double slack = slack_per_connection(all_that_it_asks);
    judge_count("the pooler's count of queries", trial_.db.queries, seen_.queries,
                {.slack = slack});
    judge_transactions(slack);
    judge_connections();
    judge_sessions();
    judge_processes();
    judge_servers();
    judge_threads();
    judge_answer_bytes();
  }

 private:
  struct Allowance {
    double slack = count_grain;
    double less = 0;  ///< beyond it, that may be missing
  };

  [[nodiscard]] double sessions_opened() const {
    return static_cast<double>(trial_.db.sessions_opened.value_or(0));
  }
  /// Whether the application keeps its connections.
  [[nodiscard]] bool keeps() const { return seen_.connections.value_or(0) < 0.5; }
  /// All that may be open at one time.
  [[nodiscard]] double most_kept() const {
    return std::max(trial_.conditions->sessions, trial_.workers);
  }

  /// What a driver, or the pooler, does so often on each new connection or session, and not for a
  /// request.
  [[nodiscard]] double slack_per_connection(double of_each) const {
    const auto opened = static_cast<double>(trial_.db.connections.value_or(0));
    if (keeps()) return count_grain + of_each * std::min(opened, most_kept());
    return count_grain + (has_pooler(trial_) ? std::min(sessions_opened(), most_kept()) : 0);
  }

  [[nodiscard]] double per_request(double count) const { return count / requests_.least; }

  template <class Count>
  void judge_count(std::string_view what, const std::optional<Count>& now,
                   const std::optional<double>& then, Allowance allowance) {
    if (!now || !then) return;
    const auto count = static_cast<double>(*now);
    Band band = band_of(*then, requests_, allowance.slack);
    band.low -= allowance.less;
    if (!band.holds(count)) differs(what, per_request(count), *then);
  }
  void differs(std::string_view what, double now, double then) {
    trial_.verdict.reject(fmt::format("{}: {:.3g} per request, {:.3g} when the stack was looked at",
                                      what, now, then));
  }

  void judge_statements();
  void judge_transactions(double slack) {
    if (!trial_.db.transactions) return;
    // To begin a session is one more, which the wire does not show.
    const double now = static_cast<double>(*trial_.db.transactions) - sessions_opened();
    judge_count("transactions of the database", std::optional(now), seen_.transactions,
                {.slack = slack});
  }
  void judge_connections() {
    const auto& now = trial_.db.connections;
    if (!now || !seen_.connections) return;
    const auto count = static_cast<double>(*now);
    const char* what =
        has_pooler(trial_) ? "connections to the pooler" : "connections to the database";
    if (keeps()) {
      if (count > most_kept() + requests_.unclear() + count_grain)
        differs(what, per_request(count), *seen_.connections);
      return;
    }
    // A client that leaves in the midst of something takes its session along, and is counted there.
    judge_count(what, now, seen_.connections,
                {.slack = count_grain, .less = has_pooler(trial_) ? sessions_opened() : 0});
  }
  void judge_sessions() {
    if (!has_pooler(trial_) || !seen_.sessions || !trial_.db.sessions_opened) return;
    const Band band = band_of(*seen_.sessions, requests_, count_grain);
    if (sessions_opened() > band.high + most_kept() + requests_.unclear())
      differs("sessions that the pooler opened", per_request(sessions_opened()), *seen_.sessions);
  }

  /// Workers that the cell has more than when it was looked at, as where a limiter is put to the
  /// test.
  [[nodiscard]] int more_workers() const { return std::max(0, trial_.workers - seen_.workers); }
  void judge_processes() {
    const auto& now = trial_.signals.census.processes;
    if (!now || !seen_.processes || *now <= *seen_.processes + more_workers()) return;
    trial_.verdict.reject(
        fmt::format("the application server had {} processes, {} when it was looked at", *now,
                    *seen_.processes));
  }
  void judge_servers() {
    const auto& now = trial_.signals.census.serving;
    if (!now || !seen_.serving || *now <= *seen_.serving + more_workers()) return;
    trial_.verdict.reject(
        fmt::format("{} processes held connections of clients, {} when the stack was looked at",
                    *now, *seen_.serving));
  }
  void judge_threads();
  /// Whatever has other bytes than the body: headers, their length, the way it is sent.
  void judge_answer_bytes() {
    if (!seen_.answer_bytes || *seen_.answer_bytes <= 0) return;
    const auto& total = trial_.total;
    const double each = *seen_.answer_bytes;
    const double least = static_cast<double>(total.completed) * each * (1 - count_tolerance);
    // What failed may have had an answer of another kind, which is judged as such.
    const double most =
        static_cast<double>(total.issued + trial_.resent) * each * (1 + count_tolerance);
    const auto bytes = static_cast<double>(trial_.bytes_in);
    if (bytes >= least && (bytes <= most || total.failed() > 0)) return;
    trial_.verdict.reject(
        fmt::format("answers had {:.0f} bytes each, {:.0f} when the stack was looked at",
                    bytes / std::max(1.0, static_cast<double>(total.completed)), each));
  }

  record::Trial& trial_;
  const record::Inspected& seen_;
  const Requests& requests_;
};

void Held::judge_statements() {
  const auto& now = trial_.db.statements;
  if (!trial_.db.statements_lost) return;
  if (seen_.statements.empty() && trial_.conditions->asks_database) return;  // an earlier version's
  constexpr double one_statement = 2;
  const double slack = slack_per_connection(one_statement);
  const auto then = [&](std::string_view text) {
    const auto found = std::ranges::find(seen_.statements, text, &record::StatementCount::text);
    return found == seen_.statements.end() ? 0 : found->per_request;
  };
  if (trial_.conditions->delay_us == 0) {
    // Without a sleep the query has another text than when it was looked at.
    double calls = 0, before = 0;
    for (const auto& kind : now) calls += static_cast<double>(kind.calls);
    for (const auto& kind : seen_.statements) before += kind.per_request;
    const auto kinds = static_cast<double>(std::max<std::size_t>(1, now.size()));
    judge_count("statements of the database", std::optional(calls), std::optional(before),
                {.slack = slack * kinds});
    return;
  }
  struct Difference {
    std::string text;
    double now, then;
  };
  std::vector<Difference> found;
  for (const auto& kind : now) {
    const auto calls = static_cast<double>(kind.calls);
    if (!band_of(then(kind.text), requests_, slack).holds(calls))
      found.push_back({kind.text, per_request(calls), then(kind.text)});
  }
  for (const auto& kind : seen_.statements) {
    const bool ran = std::ranges::find(now, kind.text, &record::Executions::text) != now.end();
    if (!ran && band_of(kind.per_request, requests_, slack).low > 0)
      found.push_back({kind.text, 0, kind.per_request});
  }
  std::ranges::stable_sort(found, std::greater{},
                           [](const Difference& each) { return std::abs(each.now - each.then); });
  constexpr std::size_t shown = 3;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(found.size(), shown); ++i) {
    texts.push_back(fmt::format("{} {:.3g} per request, {:.3g} then",
                                short_statement(found[i].text), found[i].now, found[i].then));
  }
  if (texts.empty()) return;
  trial_.verdict.reject("the database ran other statements than when the stack was looked at: " +
                        join(texts, "; "));
}

void Held::judge_threads() {
  const auto& now = trial_.signals.census.threads;
  const auto model = trial_.conditions->concurrency;
  // How many threads a threaded server takes for more requests is its own affair.
  if (!now || !seen_.threads || !seen_.processes || model == scenario::Concurrency::threads) return;
  const int more = more_workers();
  const int each = (*seen_.threads + *seen_.processes - 1) / std::max(1, *seen_.processes);
  // Where threads were seen beside the first one, an event loop has a pool of them for calls that
  // block, which grows with what it has to do: Python's has room for cores + 4, 32 at most, and
  // uvloop's for 4.
  constexpr int one_helper = 1, largest_pool = 32, beyond_cores = 4, of_the_loop = 4;
  const bool has_pool = scenario::is_async(model) && *seen_.threads > *seen_.processes;
  const int spare =
      has_pool ? std::min(largest_pool, trial_.conditions->cores + beyond_cores) + of_the_loop
               : one_helper;
  // Some frameworks give each request a thread for calls that block, and it goes with the request.
  const double of_requests =
      scenario::is_async(model) ? seen_.threads_per_request.value_or(0) * trial_.conditions->clients
                                : 0;
  const int most = *seen_.threads + more * each + (*seen_.processes + more) * spare +
                   static_cast<int>(std::ceil(of_requests));
  if (*now <= most) return;
  trial_.verdict.reject(fmt::format(
      "the application server had {} threads, {} when it was looked at, and {} are what "
      "more load explains",
      *now, *seen_.threads, most));
}

/// A process has one worker's pool: its share of the sessions.
void judge_pools(record::Trial& trial) {
  const auto& most = trial.signals.census.connections_of_one;
  if (!most || trial.workers <= 0) return;
  // Workers that are threads of one process have their shares together.
  int workers_each = 1;
  if (trial.conditions->concurrency == scenario::Concurrency::threads) {
    const int serving = trial.inspected ? trial.inspected->serving.value_or(0) : 0;
    if (serving == 0) return;  // how many a process has is not known
    workers_each = std::max(1, trial.workers / serving);
  }
  const int share = std::max(1, trial.conditions->sessions / trial.workers) * workers_each;
  if (*most <= share) return;
  trial.verdict.reject(
      fmt::format("one process held {} connections to the pooler, and a worker's share of {} "
                  "sessions is {}",
                  *most, trial.conditions->sessions, share));
}

}  // namespace

std::optional<record::Inspected> inspected_of(const record::Cell& cell) {
  const record::Audit& audit = cell.audit;
  if (audit.requests == 0) return std::nullopt;
  record::Inspected seen{
      .workers = audit.workers, .queries = audit.queries, .statements = audit.database_statements};
  if (audit.workers > 0) {
    seen.processes = audit.processes;
    seen.threads = audit.threads;
    seen.threads_per_request = audit.threads_per_request;
    if (!audit.shares.empty()) seen.serving = static_cast<int>(audit.shares.size());
  }
  if (const auto* hop = audit.hop("client")) seen.answer_bytes = hop->bytes_back;
  if (const auto* hop = audit.hop("app")) {
    seen.connections = hop->connections;
    seen.transactions = hop->transactions;
  }
  if (const auto* hop = audit.hop("pooler")) {
    seen.sessions = hop->connections;
    seen.transactions = hop->transactions;
  }
  return seen;
}

void judge_work(record::Trial& trial) {
  assert(trial.conditions);
  if (!trial.conditions->sees_server) return;
  const Requests requests = requests_of(trial);
  judge_rows(trial, requests);
  const bool counted = trial.db.statements_lost.has_value();
  if (trial.db.statements_lost.value_or(0) > 0) {
    trial.verdict.reject(
        fmt::format("the application ran more than {} kinds of statements, and the database could "
                    "not count them",
                    chain::statement_room));
    return;
  }
  if (trial.conditions->delay_us > 0) {
    judge_quickest(trial);
    judge_capacity(trial);
    judge_asleep(trial);
    if (counted) judge_sleeps(trial, requests);
  }
  judge_pools(trial);
  if (trial.inspected && requests.least > 0) Held(trial, requests).judge();
}

}  // namespace unrig::trial
