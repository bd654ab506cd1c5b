// What it costs a stack to be watched as every trial watches it: its throughput while it is
// watched over that while it is not.
//
//   watching --stack flask-gunicorn --pairs 60
//
// One chain runs all the time, under one load of a closed loop, so that no start of a server is in
// the noise. The load is cut into windows with gaps between them; two windows make a pair, of which
// one, drawn from the seed, is watched: by the samplers of a trial, all of them. In the other one
// nobody looks, and PostgreSQL counts no statements either. What takes place only before or after
// the window of a trial takes place in the gaps here.
//
// --no-counting and --no-samplers leave one half of the watching out, to tell what the other one
// costs; with both, two windows of a pair are alike, and the ratio has to be 1.
//
// Where the cores are the limit, seconds differ by far more than looking can cost. There the CPU
// time of the machine tells more: of a load that leaves cores idle, how much more of it is used
// while somebody looks. The same looks take as much of a machine that has no core to spare.
//
// Some looks are taken only at the ends of a window and halfway. In a window that is shorter than
// that of a trial they weigh more, so that what is found is too much rather than too little.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/result.h"
#include "base/units.h"
#include "chain/chain.h"
#include "chain/row.h"
#include "chain/subject.h"
#include "cli/interrupt.h"
#include "cli/measure.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/task.h"
#include "host/facts.h"
#include "host/standing.h"
#include "host/usage.h"
#include "load/load.h"
#include "plan/bench.h"
#include "process/process.h"
#include "record/signals.h"
#include "scenario/scenario.h"
#include "stats/interval.h"
#include "trial/measured.h"
#include "trial/row_check.h"
#include "trial/watch.h"

namespace unrig {
namespace {

using std::chrono::milliseconds;

/// What makes a window a watched one.
struct Watching {
  bool samplers = true;
  bool counting = true;  ///< of statements, by PostgreSQL
};

struct Options {
  cli::CommonOptions common;
  cli::RunOptions run;  ///< of it stack, scenario, vintage and settings
  Watching watching;
  int pairs = 60;
  std::uint64_t seed = 1;
  // Multiples of load::step_length, in which the load counts.
  Duration window = std::chrono::seconds(2);
  Duration gap = std::chrono::seconds(1);
  Duration warmup = std::chrono::seconds(10);
};

/// CPU time since the process, the calling thread, or the machine began.
struct Used {
  double process = 0, thread = 0, machine = 0;  ///< seconds; of all cores

  [[nodiscard]] static Used now() {
    const auto all = host::machine_cpu();
    return {of(RUSAGE_SELF), of(RUSAGE_THREAD), all ? seconds(all->busy) : std::nan("")};
  }
  Used operator-(const Used& earlier) const {
    return {process - earlier.process, thread - earlier.thread, machine - earlier.machine};
  }

 private:
  static double of(int who) {
    rusage used{};
    if (::getrusage(who, &used) != 0) return std::nan("");
    const auto seconds_of = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  }
};

/// One stretch of the load.
struct Window {
  bool watched = false;
  Duration begin{0};  ///< since the start of the load
  // Not set before it is over.
  std::optional<Used> used = {};  ///< by unrig
  std::uint64_t statements = 0;   ///< of the application, that PostgreSQL counted
  std::uint64_t completed = 0;    ///< requests
  bool late = false;              ///< what comes before it took longer than the gap
};

/// The windows of pair i are those at 2 i and 2 i + 1.
std::vector<Window> windows_of(const Options& options) {
  RandomStream random(options.seed, "watching");
  std::vector<Window> windows;
  for (int pair = 0; pair < options.pairs; ++pair) {
    const bool first = random.below(2) == 0;
    for (const bool watched : {first, !first}) {
      const auto before = static_cast<std::int64_t>(windows.size());
      windows.push_back(
          {.watched = watched,
           .begin = options.warmup + options.gap + before * (options.gap + options.window)});
    }
  }
  return windows;
}

/// Whether PostgreSQL counts and times the statements of its sessions. Nobody can log in who may
/// change that, so that the server is told by the file of its settings.
class Counting {
 public:
  /// Of a chain that is configured, as long as it is not started anew. Error: environment.
  static Result<Counting> of(const chain::Chain& chain) {
    auto file = chain.host().runtime() / "postgresql.conf";
    auto text = read_file(file);
    if (!text) return std::unexpected(text.error());
    return Counting(std::move(file), std::move(*text),
                    chain.processes().at(record::Component::database));
  }
  /// Each session takes it over before its next statement. Error: environment.
  Result<> set(bool on) const {
    constexpr std::string_view off =
        "pg_stat_statements.track = none\n"
        "compute_query_id = off\n";
    if (auto written = write_file(file_, on ? text_ : text_ + std::string(off)); !written)
      return written;
    if (::kill(server_, SIGHUP) == 0) return {};
    return fail_errno("the database cannot be told to read its settings", errno);
  }

 private:
  Counting(std::filesystem::path file, std::string text, pid_t server)
      : file_(std::move(file)), text_(std::move(text)), server_(server) {}

  std::filesystem::path file_;
  std::string text_;  ///< as of a trial
  pid_t server_;
};

/// What the samplers did not read, with the reason, and in how many windows.
using Unread = std::map<std::string, int>;

void note_unread(const trial::Samplers& samplers, Unread& unread) {
  record::Signals seen;
  trial::write(seen, samplers);
  const auto note = [&](const std::string& what, const auto& reading) {
    if (!reading) ++unread[fmt::format("{}: {}", what, reading.why())];
  };
  for (const auto& [component, signals] : seen.processes) {
    const std::string name(record::to_text(component));
    note("CPU time of " + name, signals.cpu_seconds);
    note("threads of " + name, signals.busiest_thread);
    note("memory of " + name, signals.memory_bytes);
    if (record::listens(component)) note("listen queue of " + name, signals.queue.mean);
  }
  note("what nginx says", seen.proxy.writing);
  note("what pgbouncer says", seen.sessions.mean);
  if (!seen.sessions.cut_short.empty())
    ++unread["pgbouncer to the end: " + seen.sessions.cut_short];
  note("what the database's sessions do", seen.activity.looks);
  note("what the application's threads do", seen.doing.running);
  note("processes of the application", seen.census.processes);
  note("those at work", seen.census.at_work);
  note("growth of memory", seen.growth.memory);
  note("CPU time of the machine", seen.machine.cpu_seconds);
  note("listen overflows", seen.machine.listen_overflows);
  note("clock of the cores", seen.machine.frequency_change);
  note("pressure", seen.machine.cpu_pressure);
  note("connections in TIME_WAIT", seen.machine.time_wait);
  if (!samplers.holds.unreadable().empty())
    ++unread["control groups: " + samplers.holds.unreadable()];
  if (!samplers.lives.sees_all()) ++unread["whether all parts live"];
}

/// The chain under its load, window by window, from the thread that has started it.
class Conductor {
 public:
  /// All must outlive it. `standing`: of unrig, when it started the chain.
  Conductor(chain::Chain& chain, const scenario::Scenario& scenario, const Clock& clock,
            const cli::Interrupt& interrupt, const std::optional<host::Standing>& standing,
            Counting counting, const Options& options)
      : chain_(chain),
        scenario_(scenario),
        clock_(clock),
        interrupt_(interrupt),
        standing_(standing),
        counting_(std::move(counting)),
        watching_(options.watching),
        length_(options.window) {}

  /// All of them, of a load that begins at `start`. `stop`: the rest is not over then. Error:
  /// environment.
  Result<> pass(std::vector<Window>& windows, Instant start, const std::stop_token& stop) {
    const Duration gap = windows[1].begin - windows[0].begin - length_;
    sleep_until(start + windows.front().begin - gap, stop);
    for (Window& window : windows) {
      if (stop.stop_requested()) return {};
      if (auto passed = pass(window, start + window.begin, stop); !passed) return passed;
    }
    return {};
  }
  [[nodiscard]] const Unread& unread() const { return unread_; }

 private:
  Result<> pass(Window& window, Instant begin, const std::stop_token& stop) {
    if (auto fault = chain_.fault()) return fail(ErrorKind::environment, *fault);
    if (auto told = counting_.set(window.watched && watching_.counting); !told) return told;
    std::optional<trial::Samplers> samplers;
    if (window.watched && watching_.samplers) {
      samplers.emplace(trial::samplers_of(
          chain_, clock_, scenario_, [this] { return interrupt_.times_resumed(); }, standing_));
      trial::begin_watch(*samplers);
    }
    if (auto counts = chain_.begin_look(); !counts) return counts;
    // From a little before on, so that the first look is in it.
    const Instant ready = begin - milliseconds(100);
    window.late = clock_.now() > ready;
    sleep_until(ready, stop);
    const Used before = Used::now();
    if (samplers)
      trial::watch(*samplers, clock_, begin, {.warmup = Duration(0), .duration = length_}, stop);
    else
      sleep_until(begin + length_, stop);
    const Used used = Used::now() - before;
    if (stop.stop_requested()) return {};
    if (samplers) {
      trial::end_watch(*samplers, clock_);
      note_unread(*samplers, unread_);
    }
    const auto looked = chain_.end_look();
    if (!looked) return std::unexpected(looked.error());
    for (const auto& kind : looked->statements.kinds) window.statements += kind.calls;
    window.used = used;
    return {};
  }

  void sleep_until(Instant when, const std::stop_token& stop) const {
    constexpr milliseconds turn{200};
    while (!stop.stop_requested() && clock_.now() < when)
      clock_.sleep_until(std::min(when, clock_.now() + turn));
  }

  chain::Chain& chain_;
  const scenario::Scenario& scenario_;
  const Clock& clock_;
  const cli::Interrupt& interrupt_;
  const std::optional<host::Standing>& standing_;
  Counting counting_;
  Watching watching_;
  Duration length_;
  Unread unread_;
};

/// That of a trial, but longer. Error: usage: one of an open loop, whose throughput is its rate.
Result<load::Plan> long_plan(const chain::Subject& subject, const host::Endpoint& front,
                             const load::BodyCheck& check, const Options& options) {
  if (subject.scenario.arrival_rate) {
    return fail(ErrorKind::usage, "the scenario's load has a rate of its own",
                "take one of clients that wait for their answers");
  }
  const plan::Phases phases{
      .warmup = options.warmup,
      .duration = 2 * options.pairs * (options.gap + options.window) + options.gap};
  return trial::plan_for(subject, phases, {.seed = options.seed},
                         static_cast<int>(host::usable_cores().size()), front, check);
}

/// Error: environment; usage, where the stack's vintage is not as it should be.
Result<chain::Chain> start_chain(const cli::Named& named, const Options& options,
                                 const chain::Subject& subject, process::Guard& guard,
                                 const Clock& clock) {
  auto chain = chain::Chain::open(
      {.data = named.data, .home = std::filesystem::absolute(options.common.home)}, guard, clock,
      [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  if (!chain) return chain;
  if (auto confined = chain->confine({&subject.scenario, 1}); !confined)
    return std::unexpected(confined.error());
  for (const auto& ready : chain->runtimes().prepare({&subject.selection, 1})) {
    if (!ready) return std::unexpected(ready.error());
  }
  if (auto up = chain->configure(subject.scenario, subject.workers); !up)
    return std::unexpected(up.error());
  if (auto begun = chain->begin_trial(); !begun) return std::unexpected(begun.error());
  if (auto up = chain->start_app(subject.selection, subject.scenario, subject.workers); !up)
    return std::unexpected(up.error());
  if (auto limited = chain->limit(subject.scenario); !limited)
    return std::unexpected(limited.error());
  return chain;
}

struct Measured {
  std::vector<Window> windows;
  load::Outcome outcome;
  Unread unread;
};

/// Error: also where the load did not begin when the windows began to count.
Result<Measured> load_and_watch(load::Plan plan, Conductor& conductor, const Options& options,
                                const Clock& clock, const std::stop_token& stop) {
  Measured measured{.windows = windows_of(options), .outcome = {}, .unread = {}};
  Result<load::Outcome> outcome = fail(ErrorKind::internal, "the load did not run");
  Result<> passed;
  std::stop_source over;
  const std::stop_callback relay(stop, [&over] { over.request_stop(); });
  plan.start = clock.now() + std::chrono::seconds(1);
  {
    std::jthread generator([&] {
      outcome = load::run(plan, clock, over.get_token());
      if (!outcome) over.request_stop();
    });
    passed = conductor.pass(measured.windows, plan.start, over.get_token());
    if (!passed) over.request_stop();
  }
  if (!passed) return std::unexpected(passed.error());
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->start != plan.start && !outcome->stopped) {
    return fail(ErrorKind::measurement,
                "the load began late: its windows are not those that were watched");
  }
  for (Window& window : measured.windows) {
    const auto first = static_cast<std::size_t>(window.begin / load::step_length);
    const auto end = first + static_cast<std::size_t>(options.window / load::step_length);
    for (std::size_t i = first; i < std::min(end, outcome->steps.size()); ++i)
      window.completed += outcome->steps[i].completed;
  }
  measured.outcome = std::move(*outcome);
  measured.unread = conductor.unread();
  return measured;
}

/// Sums over the windows of one kind.
struct Side {
  double windows = 0, completed = 0, statements = 0;
  Used used;

  void add(const Window& window) {
    ++windows;
    completed += static_cast<double>(window.completed);
    statements += static_cast<double>(window.statements);
    used.process += window.used->process;
    used.thread += window.used->thread;
    used.machine += window.used->machine;
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void print_sides(const Side& watched, const Side& other, double window_s) {
  fmt::print("                      watched  not watched\n");
  const auto row = [&](const char* what, double of_watched, double of_other, int digits) {
    fmt::print("{:<20}  {:7.{}f}  {:11.{}f}\n", what, of_watched, digits, of_other, digits);
  };
  const auto each = [](double sum, const Side& side) { return sum / side.windows; };
  row("answers/s", each(watched.completed, watched) / window_s,
      each(other.completed, other) / window_s, 1);
  row("all CPU, ms/s", each(watched.used.machine, watched) / window_s * 1e3,
      each(other.used.machine, other) / window_s * 1e3, 1);
  row("  of it, us/answer", watched.used.machine / watched.completed * 1e6,
      other.used.machine / other.completed * 1e6, 1);
  row("unrig's CPU, ms/s", each(watched.used.process, watched) / window_s * 1e3,
      each(other.used.process, other) / window_s * 1e3, 1);
  row("  who watches, ms/s", each(watched.used.thread, watched) / window_s * 1e3,
      each(other.used.thread, other) / window_s * 1e3, 1);
  row("statements counted", each(watched.statements, watched), each(other.statements, other), 0);
}

void print(const Measured& measured, const Options& options) {
  const double window_s = seconds(options.window);
  std::vector<double> logs;
  Side watched, other;
  fmt::print("pair  first        watched/s  not/s    ratio\n");
  for (std::size_t i = 0; i + 1 < measured.windows.size(); i += 2) {
    const Window& first = measured.windows[i];
    const Window& second = measured.windows[i + 1];
    if (!first.used || !second.used) break;
    const Window& with = first.watched ? first : second;
    const Window& without = first.watched ? second : first;
    const bool is_empty = with.completed == 0 || without.completed == 0;
    if (is_empty || first.late || second.late) {
      fmt::print("{:4}  left out: {}\n", i / 2 + 1,
                 is_empty ? "a window without an answer" : "the gap was too short");
      continue;
    }
    watched.add(with);
    other.add(without);
    const double in_with = static_cast<double>(with.completed);
    const double in_without = static_cast<double>(without.completed);
    logs.push_back(std::log(in_with / in_without));
    fmt::print("{:4}  {:<11}  {:9.1f}  {:7.1f}  {:.4f}\n", i / 2 + 1,
               first.watched ? "watched" : "not watched", in_with / window_s, in_without / window_s,
               std::exp(logs.back()));
  }
  if (logs.empty()) {
    fmt::print("no pair is complete\n");
    return;
  }
  print_sides(watched, other, window_s);
  for (const auto& [what, windows] : measured.unread)
    fmt::print("not read in {} of the watched windows: {}\n", windows, what);
  if (const auto failed = measured.outcome.total.failed(); failed > 0)
    fmt::print("{} requests failed: {}\n", failed, load::causes(measured.outcome.total));
  const auto ratio = stats::ratio_interval(logs);
  fmt::print("watched / not watched, {} pairs: {:.4f}", logs.size(), ratio.estimate);
  if (ratio.low) fmt::print(" [{:.4f}, {:.4f}]", *ratio.low, *ratio.high);
  fmt::print(", median {:.4f}, one pair's spread {:.2f} %; goal within 0.99 and 1.01\n",
             std::exp(median(logs)), 100 * stats::standard_deviation(logs));
}

Result<int> run(const Options& options) {
  const auto usable = host::usable_cores();
  auto named = cli::read_task(options.common, options.run, usable);
  if (!named) return std::unexpected(named.error());
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  if (auto tuned = cli::find_workers(options.common, options.run, usable, *guard, *named); !tuned)
    return std::unexpected(tuned.error());
  cli::Interrupt interrupt(cli::Interrupt::First::stops, &*guard);
  const SystemClock clock;
  const auto standing = host::standing_of(::getpid());
  const auto subject = chain::Subjects(named->specs, named->scenario).of(named->task.cells.front());
  if (!subject) return std::unexpected(subject.error());
  auto chain = start_chain(*named, options, *subject, *guard, clock);
  if (!chain) return std::unexpected(chain.error());
  const trial::RowCheck check(chain->row_rule(subject->scenario.db_connection));
  auto plan = long_plan(*subject, chain->front(), check, options);
  if (!plan) return std::unexpected(plan.error());
  auto counting = Counting::of(*chain);
  if (!counting) return std::unexpected(counting.error());
  Conductor conductor(*chain, subject->scenario, clock, interrupt, standing, std::move(*counting),
                      options);
  fmt::print("{}, scenario {}, {} workers, {} cores: windows of {}, gaps of {}, seed {}\n",
             subject->label, subject->scenario.name, subject->workers, usable.size(),
             to_text(options.window), to_text(options.gap), options.seed);
  fmt::print(stderr, "{} pairs take {}\n", options.pairs, human(plan->warmup + plan->duration));
  std::fflush(stdout);
  interrupt.measuring();
  const auto stop = interrupt.stop().now.get_token();
  const auto measured = load_and_watch(std::move(*plan), conductor, options, clock, stop);
  chain->lift_limit();
  if (!measured) return std::unexpected(measured.error());
  print(*measured, options);
  return stop.stop_requested() ? exit_code(ErrorKind::interrupted) : 0;
}

void add_duration(CLI::App& app, const std::string& name, Duration& target,
                  const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [name, &target](const std::string& text) {
           const auto read = parse_duration(text);
           if (!read) throw CLI::ValidationError(name, read.error().what);
           if (*read <= Duration(0) || *read % load::step_length != Duration(0))
             throw CLI::ValidationError(name, "is counted in steps of 100 ms");
           target = *read;
         },
         help)
      ->type_name("DURATION")
      ->default_str(to_text(target));
}

}  // namespace
}  // namespace unrig

int main(int argc, char** argv) {
  unrig::Options options;
  std::string stack = "flask-gunicorn";
  CLI::App app{"Throughput of a stack while it is watched, over that while it is not."};
  app.add_option("--stack", stack, "NAME or NAME@VINTAGE")->capture_default_str();
  app.add_option("--scenario", options.run.scenario)->capture_default_str();
  app.add_option("--set", options.run.set, "KNOB=VALUE, of the scenario")->allow_extra_args(false);
  app.add_option("--pairs", options.pairs)->check(CLI::Range(1, 10'000))->capture_default_str();
  unrig::add_duration(app, "--window", options.window, "of which two make a pair");
  unrig::add_duration(app, "--gap", options.gap, "before each window");
  unrig::add_duration(app, "--warmup", options.warmup, "of the load, before the first gap");
  app.add_flag("--counting,!--no-counting", options.watching.counting,
               "whether watched windows have PostgreSQL count statements");
  app.add_flag("--samplers,!--no-samplers", options.watching.samplers,
               "whether they have a trial's samplers look");
  app.add_option("--seed", options.seed, "which of a pair is first")->capture_default_str();
  options.common.home = unrig::cli::default_home();
  app.add_option("--home", options.common.home, "folder for everything that unrig makes")
      ->envname("UNRIG_HOME")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.run.stacks = {stack};
  options.run.seed = options.seed;
  unrig::cli::keep_standard_descriptors();
  try {
    unrig::cli::tell_home(options.common);
    const auto done = unrig::run(options);
    return done ? *done : unrig::cli::report(done.error());
  } catch (...) {
    return unrig::cli::report(unrig::cli::error_of(std::current_exception()));
  }
}
