#include "trial/against_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "trial/work.h"

namespace unrig::trial {
namespace {

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
    judge_programs();
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
    // Where nobody has counted them, it may be as many as can be kept.
    const auto& counted = trial_.db.connections;
    const double opened = counted ? static_cast<double>(*counted) : most_kept();
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
  void judge_servers();
  void judge_programs();
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

/// Who served, and who spoke to the database for those who did.
void Held::judge_servers() {
  const auto& serving = trial_.signals.census.serving;
  const auto& at_work = trial_.signals.census.at_work;
  if (serving && seen_.serving && *serving > *seen_.serving + more_workers()) {
    trial_.verdict.reject(
        fmt::format("{} processes held connections of clients, {} when the stack was looked at",
                    *serving, *seen_.serving));
  } else if (at_work && seen_.at_work && *at_work > *seen_.at_work + more_workers()) {
    trial_.verdict.reject(
        fmt::format("{} processes held connections of clients or to the pooler, {} when the stack "
                    "was looked at",
                    *at_work, *seen_.at_work));
  }
}

void Held::judge_programs() {
  const auto& now = trial_.signals.census.programs;
  if (!now || seen_.programs.empty()) return;
  std::vector<std::string> others;
  for (const auto& program : *now) {
    if (std::ranges::find(seen_.programs, program) == seen_.programs.end())
      others.push_back(printable(program));
  }
  if (others.empty()) return;
  trial_.verdict.reject(
      fmt::format("the application served with {}, which did not when the stack was looked at",
                  join(others, ", ")));
}

void Held::judge_threads() {
  const auto& now = trial_.signals.census.threads;
  const auto model = trial_.conditions->concurrency;
  // How many threads a threaded server takes for more requests is its own affair, and so is how
  // many a scheduler takes that spreads requests over them.
  const bool is_own_affair = model != scenario::Concurrency::sync && !has_event_loop(model);
  if (!now || !seen_.threads || !seen_.processes || is_own_affair) return;
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

}  // namespace

void hold_against_look(record::Trial& trial, const Requests& requests) {
  Held(trial, requests).judge();
}

std::string short_statement(const std::string& text) {
  constexpr std::size_t room = 72;
  if (text.size() <= room) return "\"" + text + "\"";
  return "\"" + printable(std::string_view(text).substr(0, room - 3)) + "...\"";
}

bool has_pooler(const record::Trial& trial) {
  return trial.signals.of(record::Component::pooler) != nullptr;
}

}  // namespace unrig::trial
