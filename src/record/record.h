/// \file
/// What one trial and one run leave behind. Plain data; a measured, a simulated and a published
/// result are the same kind of record.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/facts.h"
#include "record/signals.h"
#include "stats/histogram.h"
#include "tally/tally.h"

namespace unrig::record {

/// A figure that was to be read and could not be, or that this bench cannot see. The figure itself
/// is not set then, null in JSON and a dash in tables: never 0.
struct NotChecked {
  std::string what;  ///< "steal time", "CPU time of the proxy": the rows of docs/output.md
  std::string why;
  bool operator==(const NotChecked&) const = default;
};

/// Quantiles of one histogram, microseconds. Not set: nothing was recorded, or too little to say.
struct Quantiles {
  std::optional<double> mean = {}, p50 = {}, p90 = {}, p95 = {}, p99 = {}, p999 = {}, max = {};
  std::optional<double> min = {};  ///< exact
};
[[nodiscard]] Quantiles quantiles(const stats::Histogram& histogram);

/// All times of one trial's window, each as HdrHistogram's compressed V2 encoding: bytes of
/// stats::pack_histogram(), a few kB.
struct Histograms {
  std::string response, service, issue_delay;
};

struct Verdict {
  bool valid = true;
  std::vector<std::string> reasons;  ///< why it is not valid; empty when it is
  /// Not valid, but only for reasons from outside the chain: worth another try.
  bool disturbed = false;
  /// Not valid, but only because there was no steady state: worth another try after a longer
  /// warm-up.
  bool unsteady = false;
  /// Not valid, because something befell the chain or unrig that is not the stack's doing: worth
  /// another try, and of no use otherwise.
  bool mishap = false;
  void reject(std::string reason);
};

/// What can bound a trial, in the words of records; docs/verdicts.md explains each.
inline constexpr auto limiter_names = std::to_array<std::string_view>(
    {"errors", "load generator", "cpu (quota)", "cpu", "database", "pooler", "sessions",
     "event loop", "workers", "proxy", "listen queue", "latency", "several", "clients",
     "unattributed"});

/// One of the things that may have bounded a trial.
struct Suspect {
  std::string name;  ///< one of limiter_names
  /// The knob that loosens it: more of that (of `db.delay`: less) lets more through where it is the
  /// limiter. Empty: there is none; it can only be slowed.
  std::string knob = {};
  /// What is left of it, as a share: 0 is used up. Not set: not known, or nothing that is used up.
  std::optional<double> margin = {};
  std::vector<std::string> evidence = {};  ///< "not checked: …" where it could not be looked at
  bool operator==(const Suspect&) const = default;
};

/// What bounded throughput, and what speaks for it.
struct Limiter {
  std::string name = "unattributed";
  bool confirmed = false;  ///< by a perturbation; a rule alone does not confirm
  std::vector<std::string> evidence = {};
  /// All that were looked at, itself among them, the likeliest first. Empty: a record of an earlier
  /// version.
  std::vector<Suspect> suspects = {};
};

/// Where the requests were that were under way, on average over the window: by Little's law as many
/// as a rate times the time that each spends there. Not set: it could not be read.
struct UnderWay {
  std::optional<double> all = {};  ///< throughput times the mean time from issue to answer
  // Connections that wait to be accepted.
  std::optional<double> proxy_queue = {}, app_queue = {}, pooler_queue = {};
  std::optional<double> for_session = {};  ///< wait in the pooler for a session
  std::optional<double> asleep = {};       ///< throughput times the query's own sleep
  std::optional<double> database = {};     ///< at work in the database, or wait for its locks, disk
  /// Threads of proxy, application and pooler that ran or were ready to: each has one at a time.
  std::optional<double> on_cores = {};
  /// Issued, neither in the proxy's listen queue nor read by it, nor read back from it.
  std::optional<double> before_proxy = {};
  /// The rest: taken in by a part that had not come to them, as those in an event loop's own queue.
  std::optional<double> elsewhere = {};
  bool operator==(const UnderWay&) const = default;
};

/// CPU time per completed request within the window, microseconds. 0 for a part that the scenario
/// leaves out; not set where it could not be read, or where nothing was completed.
struct CpuPerRequest {
  std::optional<double> load = {}, proxy = {}, app = {}, pooler = {}, database = {};
  /// What the machine used beyond the groups above: kernel, strangers.
  std::optional<double> unattributed = {};
  /// Of proxy, application, pooler and database; not set where one of them is not.
  [[nodiscard]] std::optional<double> chain() const;
};

/// A statement with its values taken out, and how often it is run per request.
struct StatementCount {
  std::string text;
  double per_request = 0;
};

/// One statement of the application in all its executions of one trial, as the database itself
/// counts and times them (pg_stat_statements).
struct Executions {
  std::string text = {};  ///< values are ?
  std::uint64_t calls = 0;
  std::uint64_t rows = 0;      ///< that they gave back, together
  std::uint64_t least_us = 0;  ///< that one of them took within the database
  double mean_us = 0;
  bool operator==(const Executions&) const = default;
};

/// Not set: nobody could be asked. Only a pooler counts queries and sessions.
struct Database {
  std::optional<std::uint64_t> queries = {};       ///< as the pooler counts them
  std::optional<std::uint64_t> rows_read = {};     ///< executions of the application's statement
  std::optional<std::uint64_t> transactions = {};  ///< as the database counts them
  std::optional<int> sessions_max = {};
  std::optional<double> sessions_mean = {};
  std::optional<double> clients_waiting_mean = {};  ///< for a session
  /// That the application opened: to the pooler or, without one, to the database.
  std::optional<std::uint64_t> connections = {};
  std::optional<std::uint64_t> sessions_opened = {};
  std::vector<Executions> statements = {};  ///< the most frequent first
  /// Kinds of statements that the database had no room to count. Not set: nobody counted any.
  std::optional<std::uint64_t> statements_lost = {};
  /// What the application changed of its own role, as "statement_timeout=1"; empty: nothing.
  std::optional<std::string> role_changes = {};
};

/// What the look at a cell before the first trial (Audit) saw it do, per request: what its trials
/// are held against. Not set: it was not seen.
struct Inspected {
  int workers = 0;                              ///< with which it was looked at
  std::optional<double> connections = {};       ///< from the application to what stands behind it
  std::optional<double> sessions = {};          ///< that a pooler opened
  std::optional<double> queries = {};           ///< as the pooler counts them
  std::optional<double> transactions = {};      ///< that reached the database
  std::vector<StatementCount> statements = {};  ///< that reached the database
  // Not per request: of the application server.
  std::optional<int> processes = {}, threads = {};
  std::optional<double> threads_per_request = {};  ///< for each that was under way
  std::optional<int> serving = {};                 ///< processes that took connections
  std::optional<int> at_work = {};                 ///< these, and those that spoke to the database
  std::vector<std::string> programs = {};          ///< that those ran; none: not known
  std::optional<double> answer_bytes = {};         ///< to the client
};

/// Why a trial was run.
enum class Purpose {
  planned,       ///< one of the blocks that the table is made of
  make_up,       ///< in place of a trial that was disturbed from outside
  confirmation,  ///< of the fastest and the next, in fresh blocks: the headline comes from these
  perturbation,  ///< of cells with one setting changed, and of the same unchanged beside them
};
/// "planned", "make-up", "confirmation", "perturbation"
[[nodiscard]] std::string_view to_text(Purpose purpose);
/// Whether tables are made of such trials.
[[nodiscard]] constexpr bool is_of_table(Purpose purpose) {
  return purpose == Purpose::planned || purpose == Purpose::make_up;
}

/// What came from outside the chain while the trial ran. Not set: it could not be looked at.
struct Disturbance {
  std::optional<double> machine_busy = {};  ///< fraction of all cores, within the window
  std::optional<double> steal = {};         ///< fraction of all cores that the hypervisor took
  /// Fraction of all cores that processes used which are not unrig's.
  std::optional<double> foreign = {};
  std::string foreign_name = {};  ///< of the one among them that used most, or its children
  /// Fraction of all cores that was used by nobody who can be seen, interrupts and threads of the
  /// kernel left out: in a container, neighbours.
  std::optional<double> unseen = {};
  /// Of the fastest core, from the first half of the window to the second, relative.
  std::optional<double> frequency_change = {};
  std::optional<std::uint64_t> listen_overflows = {};  ///< connections that found a full queue
  /// How long a CPU quota held the chain or unrig back, within the load: of the control group that
  /// was held longest.
  std::optional<double> throttled_seconds = {};
  std::optional<double> suspended_seconds = {};  ///< in which the machine slept during the load
};

/// Whether throughput (in an open loop: the response time) stayed on one level within the window.
struct SteadyState {
  bool checked = false;  ///< false: the window is too short to tell
  bool steady = true;
  double change = 0;                      ///< of the level, relative to the mean; 0 when steady
  std::optional<double> at_seconds = {};  ///< of a jump, from the start of the window
};

/// Load before a trial's warm-up, until the level held.
struct WarmUp {
  double seconds = 0;
  std::vector<double> levels;  ///< a step: answers per second; open loop: mean response time, us
  bool held = false;           ///< the last steps have one level; else it was as long as may be
  std::uint64_t sent = 0, answered = 0;  ///< requests; no others of the trial's counts have them
};

struct Trial {
  std::string label;  ///< of its cell
  std::string stack;
  std::string vintage;
  Purpose purpose = Purpose::planned;
  int block = 0;     ///< from 1
  int position = 0;  ///< within the block, from 1
  std::uint64_t seed = 0;
  std::string started_at;
  int workers = 0;
  double warmup_seconds = 0;  ///< longer than usual in place of a trial without steady state
  std::optional<WarmUp> warmed = {};  ///< before that; not set: nothing was asked for
  tally::Counts total;
  tally::Counts window;
  double window_seconds = 0;
  double throughput_per_s = 0;
  double offered_per_s = 0;  ///< open loop only, else 0
  std::uint64_t unasked_bytes = 0;
  std::uint64_t early_answers = 0;  ///< before their request had arrived completely
  /// Right answers with the row of the one before, where requests name none. Not set: nobody
  /// counted.
  std::optional<std::uint64_t> repeated_rows = {};
  std::uint64_t reconnects = 0;
  std::uint64_t resent = 0;  ///< after a close that crossed them; the first may have arrived, too
  std::map<int, std::uint64_t> statuses;  ///< whole answers by status
  std::uint64_t bytes_in = 0;
  Quantiles response_us, service_us, issue_delay_us;
  /// What the quantiles are of, on its way to the store: not set once it is there, nor where a
  /// trial was read from it (Store::histograms).
  std::optional<Histograms> histograms;
  Database db;
  CpuPerRequest cpu_us_per_request;
  UnderWay under_way;
  Disturbance disturbance;
  std::vector<tally::Stretch> seconds;  ///< from the start of the load, warm-up included
  std::vector<tally::Stretch> steps;    ///< the same, tally::step_length each
  SteadyState steady_state;
  /// Answers of the application's whole life, as those behind it count: before the warm-up, too.
  [[nodiscard]] std::uint64_t answered() const {
    return events.ready_answered + (warmed ? warmed->answered : 0) + total.completed;
  }
  Verdict verdict;
  Limiter limiter;
  std::vector<NotChecked> not_checked;  ///< every figure above that could not be read, and why
  void could_not_read(std::string what, std::string why) {
    not_checked.push_back({std::move(what), std::move(why)});
  }
  std::optional<Inspected> inspected;  ///< not set: nobody looked before the trial
  /// Not set, as the next two are empty then: a record of an earlier version.
  std::optional<Conditions> conditions;
  Events events;
  Signals signals;
};

/// One thing that a stack says of itself, held against what it was seen to be.
struct Claim {
  std::string claim;  ///< "workers", "event loop", …: the rows of docs/audit.md
  std::string expected, observed;
  std::optional<bool> ok;  ///< not set: it could not be checked; `observed` says why
  /// That the stack says so; else there is nothing to prove. False: also of an earlier version.
  bool claimed = false;
};

/// What passes between two neighbours of the chain, per request.
struct Hop {
  std::string from, to;    ///< "client", "proxy", "app", "pooler", "database"
  double connections = 0;  ///< opened
  double bytes_forth = 0;  ///< to the back: requests
  double bytes_back = 0;   ///< to the front: answers
  // Only where the two speak PostgreSQL's protocol.
  std::optional<double> round_trips;        ///< times that the front waited for the back
  std::vector<StatementCount> statements;   ///< by text
  std::optional<double> transactions = {};  ///< that ended, but for those that begin a session
  [[nodiscard]] double statements_per_request() const;
};

/// What one of a server's workers had of the requests that were sent at once, seen from outside.
struct WorkerShare {
  int accepts = 0;             ///< connections that it was seen to hold
  int held_at_once = 0;        ///< of them, at most
  int statements_at_once = 0;  ///< that it had under way; 0: none was seen
  // While the database was silent; 0 where it is not known whose they are.
  std::uint64_t database_connections = 0;  ///< open, at most
  std::uint64_t exchanges = 0;  ///< times that it had sent a statement on one of them and waited
  std::vector<std::string> waits_in;  ///< files in whose code it waits for its connections
};

/// What a stack does for one request, counted on the wire and by the kernel.
struct Audit {
  int requests = 0;       ///< that were counted, one after the other; 0: no audit was made
  std::string not_made;   ///< why there is none
  std::vector<Hop> hops;  ///< from the front to the back
  std::optional<double> log_lines;     ///< of the application server, per request
  std::optional<double> system_calls;  ///< of the application server, per request
  std::vector<std::pair<std::string, double>> system_calls_by_name;  ///< the most frequent first
  std::string system_calls_not_checked;                              ///< why they are not there
  std::optional<int> processes, threads;                             ///< of the application server
  std::optional<int> at_work = {};  ///< of its processes: who served, or spoke to the database
  std::vector<std::string> programs = {};    ///< the files that those ran
  std::optional<std::int64_t> memory_bytes;  ///< of the application server, after the requests
  std::vector<WorkerShare> shares = {};      ///< of the workers; none: nobody was seen
  /// Threads that it takes up for each request under way. Not set: not seen.
  std::optional<double> threads_per_request = {};
  /// How long after its head the body of an answer comes on a kept connection, the middle one. Not
  /// set: they come together, or no connection is kept.
  std::optional<double> head_to_body_us = {};
  std::optional<double> seconds = {};  ///< that the look took, the start and the end included
  // What a trial is held against, counted by the same counters.
  int workers = 0;                     ///< with which it was looked at; 0: not known
  std::optional<double> queries = {};  ///< per request, as the pooler counts them
  std::vector<StatementCount> database_statements = {};  ///< as the database counts them
  /// The hop in front of which `from` stands, or null.
  [[nodiscard]] const Hop* hop(std::string_view from) const;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Why a cell is in a run.
enum class Role {
  asked,            ///< somebody wants to know how fast it is
  baseline_double,  ///< the baseline once more: for the noise floor, not for the ranking
  grid_step,        ///< one of the settings that the run compares
  perturbation,     ///< a change of the asked one, to see what it does
};
[[nodiscard]] std::string_view to_text(Role role);  ///< "asked", "double", "step", "perturbation"

/// The one description of what is measured and compared: one stack (or URL) in one scenario, as the
/// run planned it, and what a look at it found. What its names mean is known to the bench.
struct Cell {
  std::string stack, vintage, framework, server, concurrency;
  std::string note;  ///< a deviation that every table shows
  std::string hash;  ///< of stack.toml and the application
  std::string lock;  ///< hash of the environment's lock
  /// Of an application of somebody's own, "GET /users/7: status 200, user.id=7": what it is asked
  /// for, and a right answer. Its database is none of unrig's, so knobs of that and of rows mean
  /// nothing to it. Empty: the application of docs/application.md.
  std::string own_request = {};
  int workers = 0;
  std::string failure;  ///< why it could not run at all; empty when it could
  /// "flask-gunicorn", or with what else tells it from the others of its run: "@2020",
  /// "db.delay=40ms". No two cells of a run have the same.
  std::string label;
  Pairs knobs;  ///< settings in which it differs from the run's scenario: knob, value as TOML
  Role role = Role::asked;
  std::vector<Claim> claims;  ///< empty: none was checked
  Audit audit;
  /// "CLAIM: expected …, observed …" of every claim that does not hold.
  [[nodiscard]] std::vector<std::string> false_claims() const;
  /// "CLAIM: expected …, not checked: WHY" of everything that it claims and nobody could check.
  [[nodiscard]] std::vector<std::string> unproven_claims() const;
};

/// Whether both cells are of one stack in one vintage, whatever their settings.
[[nodiscard]] bool same_stack(const Cell& a, const Cell& b);

/// A number of workers that was looked for before a run, because its scenario says "tuned".
struct Tuned {
  std::string knob;       ///< "workers.sync"
  std::string stack;      ///< NAME@VINTAGE that was measured
  int workers = 0;        ///< with which it runs
  std::string how;        ///< "searched", "stored" (by an earlier run), "rule of thumb"
  std::string run = {};   ///< the search, by its name in the store; empty: there is none
  std::string note = {};  ///< why it is not what a search has found here and now; mostly empty
  std::vector<std::pair<int, double>> tried = {};  ///< workers, requests per second; rising
  bool operator==(const Tuned&) const = default;
};

/// The CPU time that was looked for before a run, because a stack was to serve a rate with it.
struct Matched {
  std::string stack;
  double wanted_per_s = 0;
  double cpus = 0;  ///< machine.cpu of the run
  double served_per_s = 0;
  std::optional<double> low_per_s = {}, high_per_s = {};  ///< 95 %; not set: too few trials
  std::string run = {};                                   ///< the search, by its name in the store
  bool operator==(const Matched&) const = default;
};

/// One setting of a cell changed, to see whether a suspect is what limits it. Its trials stand in
/// blocks of their own, beside the cell as it is.
struct Perturbation {
  std::string of;           ///< label of the cell
  std::string suspect;      ///< one of limiter_names
  std::string label;        ///< of the changed cell's trials: "flask-gunicorn workers=9"
  std::string knob;         ///< empty: there is none that could be changed
  std::string value;        ///< that the knob gets, as TOML
  double from = 0, to = 0;  ///< what there is of it before and then; of a delay, seconds
  /// Why it is not measured, or no longer; empty where it is.
  std::string not_checked;
  bool operator==(const Perturbation&) const = default;
};

/// Everything that is needed to repeat a run.
struct Manifest {
  std::string run;  ///< its name: date, time and four digits of the seed
  std::string unrig_version, unrig_commit;
  std::string started_at;
  std::vector<std::string> command_line;
  std::uint64_t seed = 0;
  int blocks = 0;           ///< as asked for; 0: as many as the precision takes
  double precision = 0.02;  ///< relative half-width that ratios were to reach, where blocks is 0
  double margin = 0.02;     ///< relative difference below which two stacks count as equivalent
  double warmup_seconds = 0, duration_seconds = 0;
  double warmup_most_seconds = 0;  ///< extended until the level holds, so long at most; 0: never
  std::string scenario;
  Pairs knobs;     ///< all of them, as in force, in TOML
  Pairs versions;  ///< of every program in the chain
  host::Facts host;
  std::vector<std::string> stack_folders;  ///< that were given beyond unrig's own, absolute
  std::string python;                      ///< interpreter that was asked for; empty: none
  double patience_seconds = 0;             ///< waited at most, in all, for a quiet machine
  bool accept_noise = false;               ///< trials that were only disturbed count
  bool accept_unproven = false;            ///< claims that nobody could check count as held
  /// So do those of which others took less than this share of the CPU time, and did nothing else.
  double tolerated_loss = 0;
  /// Fresh blocks of the fastest two, at most. Not set: an older run, which had three.
  std::optional<int> confirmation_blocks;
  bool confirms_until_precise = false;  ///< fewer of them, once their ratio is precise enough
  bool search = false;                  ///< a short look for workers or CPU time, before a run
  std::vector<Tuned> tuned;             ///< numbers that were looked for before this run
  std::optional<Matched> matched;
  std::vector<std::string> gates_asked;  ///< bounds that the result has to keep, as they were typed
  std::string baseline;                  ///< label of the cell that ratios refer to
  std::vector<Cell> cells;
  /// Blocks in which limiters are put to the test, at the end of the run. 0: they are not.
  int perturbation_blocks = 0;
  /// What is changed in them. Empty: it is not known yet, or nothing is.
  std::vector<Perturbation> perturbations;
};

/// Whether it compares two URLs that somebody else serves: its cells are no stacks.
[[nodiscard]] bool measures_urls(const Manifest& manifest);
/// The baseline's second cell, or null.
[[nodiscard]] const Cell* double_of_baseline(const Manifest& manifest);

struct Run {
  Manifest manifest;
  std::vector<Trial> trials;  ///< in the order in which they ran
};

}  // namespace unrig::record
