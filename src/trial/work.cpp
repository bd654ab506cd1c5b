#include "trial/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <string_view>

#include "base/units.h"
#include "chain/statements.h"
#include "trial/against_look.h"
#include "trial/judge.h"

namespace unrig::trial {
namespace {

constexpr double us_per_second = 1e6;

std::string time_text(double us) {
  return human(from_seconds(us / us_per_second));
}

Requests requests_of(const record::Trial& trial) {
  const std::uint64_t warmed = trial.warmed ? trial.warmed->sent : 0;
  // Of a request that was sent twice both may have arrived.
  return {.least = static_cast<double>(trial.answered()),
          .most = static_cast<double>(trial.events.ready_sent + warmed + trial.total.issued +
                                      trial.resent)};
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
  return trial.conditions->delay_us * (1 - chain::clock_tolerance) - clock_grain_us;
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
    const double most = slots * (window_s / delay_s * (1 + chain::clock_tolerance) + 1);
    if (trial.throughput_per_s * window_s <= most) return;
    trial.verdict.reject(
        fmt::format("{:.0f} requests/s were answered, and {} {}, each of which sleeps {} for every "
                    "one of them, allow {:.0f} at most",
                    trial.throughput_per_s, slots, what, time_text(trial.conditions->delay_us),
                    most / window_s));
  };
  if (trial.conditions->concurrency == scenario::Concurrency::sync)
    at_most(trial.workers, "sync workers");
  // Where one process has all of its workers they are threads, each of which was seen by its
  // statement; a process that is one of several workers may have any number, and so may one that
  // does not say that it counts them.
  const auto& seen = trial.inspected;
  if (trial.conditions->concurrency == scenario::Concurrency::threads &&
      trial.conditions->worker != scenario::Worker::server && seen && seen->serving == 1 &&
      seen->workers > 1) {
    at_most(trial.workers, "threads");
  }
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

/// A sync worker waits for its statement, so that no more of them sleep than there are workers. A
/// look takes a moment, in which one may end its sleep and the next begin: what lasts much longer
/// is seldom counted twice, and never in a fifth of the looks. Who did not wait for the end of a
/// request has left its sleep behind.
void judge_sleepers(record::Trial& trial) {
  constexpr int looks_needed = 20;
  constexpr double shortest_us = 10'000;
  const auto& seen = trial.signals.activity;
  const auto& events = trial.events;
  const bool is_sync = trial.conditions->concurrency == scenario::Concurrency::sync;
  if (!is_sync || trial.workers <= 0 || trial.conditions->delay_us < shortest_us) return;
  if (trial.total.failed() > 0 || trial.resent > 0 || events.ready_sent != events.ready_answered)
    return;
  if (trial.warmed && trial.warmed->sent != trial.warmed->answered) return;
  if (!seen.asleep_p80 || !seen.looks || *seen.looks < looks_needed) return;
  if (*seen.asleep_p80 <= trial.workers) return;
  trial.verdict.reject(fmt::format(
      "{} sessions of the database slept at one time in a fifth of {} looks, and each of {} sync "
      "workers waits for its own",
      *seen.asleep_p80, *seen.looks, trial.workers));
}

/// Whoever draws each row anew draws the same one twice running once in a million times.
void judge_repeats(record::Trial& trial) {
  constexpr std::uint64_t answers_needed = 200;
  const auto answers = trial.total.completed;
  if (!trial.repeated_rows || answers < answers_needed) return;
  const auto repeated = static_cast<double>(*trial.repeated_rows);
  if (repeated <= count_tolerance * static_cast<double>(answers) + count_grain) return;
  trial.verdict.reject(fmt::format(
      "{} of {} answers had the row of the answer before: no row is drawn anew for each request",
      *trial.repeated_rows, answers));
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

/// What a role changes of itself goes on for all that come after it. By now it is undone.
void judge_role(record::Trial& trial) {
  const auto& changes = trial.db.role_changes;
  if (!changes || changes->empty()) return;
  trial.verdict.reject("the application changed its role in the database: " + *changes);
}

/// A process has one worker's pool: its share of the sessions.
void judge_pools(record::Trial& trial) {
  const auto& most = trial.signals.census.connections_of_one;
  if (!most || trial.workers <= 0) return;
  // Workers that are threads of one process have their shares together.
  int workers_each = 1;
  const int processes = scenario::processes_of(trial.conditions->worker, trial.workers);
  if (processes > 1 && trial.conditions->concurrency == scenario::Concurrency::threads) {
    const int serving = trial.inspected ? trial.inspected->serving.value_or(0) : 0;
    if (serving == 0) return;  // how many a process has is not known
    workers_each = std::max(1, trial.workers / serving);
  }
  const int share = workers_each * scenario::pool_of(trial.conditions->worker, trial.workers,
                                                     trial.conditions->sessions);
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
    seen.at_work = audit.at_work;
    seen.programs = audit.programs;
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
  if (!trial.conditions->own_application) {
    judge_rows(trial, requests);
    judge_role(trial);
    judge_repeats(trial);
  }
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
    judge_sleepers(trial);
    if (counted) judge_sleeps(trial, requests);
  }
  judge_pools(trial);
  if (trial.inspected && requests.least > 0) hold_against_look(trial, requests);
}

}  // namespace unrig::trial
