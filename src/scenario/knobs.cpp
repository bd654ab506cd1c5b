#include "scenario/knobs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/limits.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "scenario/toml_value.h"

namespace unrig::scenario {
namespace {

// What a knob takes. Whole numbers, nanoseconds and requests per second, both ends included.
struct Any {};
struct Whole {
  int least, most;
  [[nodiscard]] constexpr Limits<int> limits() const { return {least, most}; }
};
struct Time {
  std::int64_t least, most;
  [[nodiscard]] constexpr Limits<Duration> limits() const {
    return {Duration(least), Duration(most)};
  }
};
/// Cores, of which one can have a part; 0 as well: no limit.
struct Share {
  double least, most;
  [[nodiscard]] constexpr Limits<double> limits() const { return {least, most}; }
};
struct PerSecond {
  double least, most;
  [[nodiscard]] constexpr Limits<Rate> limits() const { return {{least}, {most}}; }
};

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t hour = 3'600'000 * millisecond;

std::unexpected<Error> expected(std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("expects {}", what));
}

std::string_view to_text(TunedBy value) {
  return value == TunedBy::stack ? "stack" : "model";
}
std::string_view to_text(ArrivalProcess value) {
  return value == ArrivalProcess::poisson ? "poisson" : "constant";
}

/// What a knob takes that takes words, each of which to_text() has.
template <class Word>
constexpr std::array<Word, 0> words_of{};
template <>
constexpr std::array words_of<TunedBy>{TunedBy::model, TunedBy::stack};
template <>
constexpr std::array words_of<ArrivalProcess>{ArrivalProcess::constant, ArrivalProcess::poisson};
template <>
constexpr std::array words_of<Connection>{Connection::per_request, Connection::pooled,
                                          Connection::none};
template <>
constexpr std::array words_of<AppKey>{AppKey::request, AppKey::own};
template <>
constexpr std::array words_of<PoolerMode>{PoolerMode::session, PoolerMode::transaction};
template <>
constexpr std::array words_of<ProxySocket>{ProxySocket::tcp, ProxySocket::unix_domain};
template <>
constexpr std::array words_of<ProxyProtocol>{ProxyProtocol::http, ProxyProtocol::uwsgi};

// One `assign` and one `as_text` for each type that a knob can have.

Result<> assign(bool& target, const Value& value, Any) {
  if (const auto* flag = std::get_if<bool>(&value.data)) {
    target = *flag;
    return {};
  }
  return expected("true or false");
}

Result<> assign(int& target, const Value& value, Whole range) {
  if (const auto* number = std::get_if<long>(&value.data)) {
    if (*number >= range.least && *number <= range.most) {
      target = static_cast<int>(*number);
      return {};
    }
  }
  return expected(fmt::format("a whole number from {}", to_text(range.limits())));
}

Result<> assign(Count& target, const Value& value, Whole range) {
  if (const auto* count = std::get_if<Count>(&value.data)) {
    target = *count;
    return {};
  }
  int fixed = 0;
  if (!assign(fixed, value, range)) {
    return expected(fmt::format("a whole number from {} or {{ per_core = 3, plus = 1 }}",
                                to_text(range.limits())));
  }
  target = Count{.fixed = fixed};
  return {};
}

Result<> assign(Workers& target, const Value& value, Whole range) {
  if (const auto* text = std::get_if<std::string>(&value.data); text && *text == "tuned") {
    target = {.count = {}, .tuned = true};
    return {};
  }
  Count count;
  if (auto done = assign(count, value, range); !done) {
    done.error().what += ", or \"tuned\"";
    return done;
  }
  if (count.per_worker != 0 || count.per_sync_worker != 0)
    return expected("a count that scales with nothing but the cores, or \"tuned\"");
  target = {.count = count};
  return {};
}

Result<> assign(std::string& target, const Value& value, Any) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) return expected("the name of a scenario, or \"\" for this one");
  target = *text;
  return {};
}

Result<> assign(double& target, const Value& value, Share range) {
  double cores = -1;
  if (const auto* number = std::get_if<double>(&value.data)) cores = *number;
  if (const auto* number = std::get_if<long>(&value.data)) cores = static_cast<double>(*number);
  if (cores != 0 && !range.limits().hold(cores)) {
    return expected(fmt::format("a number of cores from {:g} to {:g}, like 0.95, or 0 for no limit",
                                range.least, range.most));
  }
  target = cores;
  return {};
}

Result<> assign(Duration& target, const Value& value, Time range) {
  std::string text;
  if (const auto* given = std::get_if<std::string>(&value.data)) text = *given;
  if (const auto* number = std::get_if<long>(&value.data)) text = std::to_string(*number);
  auto duration = parse_within(text, range.limits());
  if (!duration) {
    return expected(
        fmt::format("a duration with its unit, like 20ms, from {}", to_text(range.limits())));
  }
  target = *duration;
  return {};
}

Result<> assign(std::optional<Rate>& target, const Value& value, PerSecond range) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    if (*text == "none") {
      target.reset();
      return {};
    }
    if (auto rate = parse_within(*text, range.limits())) {
      target = *rate;
      return {};
    }
  }
  return expected(
      fmt::format("a rate with its unit, like 1000/s, from {}, or none for a closed loop",
                  to_text(range.limits())));
}

template <class Word>
requires std::is_enum_v<Word> Result<> assign(Word& target, const Value& value, Any) {
  const auto* text = std::get_if<std::string>(&value.data);
  std::string all;
  for (const Word word : words_of<Word>) {
    if (text != nullptr && *text == to_text(word)) {
      target = word;
      return {};
    }
    const bool is_last = word == words_of<Word>.back();
    if (!all.empty()) all += is_last ? " or " : ", ";
    all += to_text(word);
  }
  return expected(all);
}

Result<> assign(std::vector<int>& target, const Value& value, Any) {
  const auto* list = std::get_if<ValueList>(&value.data);
  if (list == nullptr) return expected("a list of cores, like [0, 1], or [] for all");
  target = *list;
  return {};
}

std::string as_text(bool value) {
  return value ? "true" : "false";
}
std::string as_text(int value) {
  return std::to_string(value);
}
std::string as_text(double value) {
  return fmt::format("{:g}", value);
}
std::string as_text(const std::string& value) {
  return fmt::format("\"{}\"", value);
}
std::string as_text(Duration value) {
  return fmt::format("\"{}\"", unrig::to_text(value));
}
std::string as_text(const std::vector<int>& value) {
  return fmt::format("[{}]", fmt::join(value, ", "));
}
std::string as_text(const std::optional<Rate>& value) {
  return value ? fmt::format("\"{}/s\"", value->per_second) : "\"none\"";
}
template <class Word>
requires std::is_enum_v<Word> std::string as_text(Word value) {
  return fmt::format("\"{}\"", to_text(value));
}
std::string as_text(const Count& value) {
  if (value == Count{.fixed = value.fixed}) return std::to_string(value.fixed);
  std::vector<std::string> parts;
  if (value.per_core != 0) parts.push_back(fmt::format("per_core = {}", value.per_core));
  if (value.per_worker != 0) parts.push_back(fmt::format("per_worker = {}", value.per_worker));
  if (value.per_sync_worker != 0)
    parts.push_back(fmt::format("per_sync_worker = {}", value.per_sync_worker));
  if (value.fixed != 0) parts.push_back(fmt::format("plus = {}", value.fixed));
  return fmt::format("{{ {} }}", join(parts, ", "));
}
std::string as_text(const Workers& value) {
  return value.tuned ? "\"tuned\"" : as_text(value.count);
}

std::string limits_text(Any) {
  return {};
}
std::string limits_text(Share range) {
  return fmt::format("{:g} to {:g}, or 0", range.least, range.most);
}
template <class Range>
std::string limits_text(Range range) {
  return to_text(range.limits());
}

/// A number that scales is known only with the machine.
template <class Member>
Result<> check_resolved(const Scenario&, const Member&, Any, std::string_view, int, int) {
  return {};
}
template <class Member, class Range>
Result<> check_resolved(const Scenario& scenario, const Member& member, Range range,
                        std::string_view name, int cores, int workers) {
  if constexpr (std::is_same_v<Member, Count>) {
    const int value = scenario.number(member, cores, workers);
    if (!range.limits().hold(value)) {
      return fail(ErrorKind::usage,
                  fmt::format("the knob '{}' makes {} on this machine: it takes {}", name, value,
                              to_text(range.limits())),
                  fmt::format("--set {}={}", name, range.most));
    }
  }
  return {};
}

template <class Range>
Result<> check_resolved(const Scenario& scenario, const Workers& workers, Range range,
                        std::string_view name, int cores, int of_stack) {
  if (workers.tuned) return {};
  return check_resolved(scenario, workers.count, range, name, cores, of_stack);
}

template <auto Member, auto Range = Any{}>
constexpr Knob knob(std::string_view name, std::string_view unit, std::string_view help) {
  return {.name = name,
          .unit = unit,
          .help = help,
          .set = [](Scenario& s, const Value& value) { return assign(s.*Member, value, Range); },
          .get = [](const Scenario& s) { return as_text(s.*Member); },
          .limits = [] { return limits_text(Range); },
          .check =
              [](const Scenario& s, std::string_view own_name, int cores, int workers) {
                return check_resolved(s, s.*Member, Range, own_name, cores, workers);
              }};
}

constexpr Share cpu_time{least_cpu_time, 4096};

using S = Scenario;
constexpr std::array all_knobs{
    knob<&S::clients, Whole{1, 100'000}>("clients", "count",
                                         "clients of the closed loop; open loop: connections"),
    knob<&S::think_time, Time{0, 24 * hour}>("think_time", "duration",
                                             "pause of a client between its requests"),
    knob<&S::arrival_rate, PerSecond{0.0001, 1e9}>("arrival.rate", "rate",
                                                   "requests per second; makes the loop open"),
    knob<&S::arrival_process>("arrival.process", "constant|poisson",
                              "how open arrivals are spaced"),
    knob<&S::client_keep_alive>("client.keep_alive", "true|false",
                                "clients keep their connection to the front"),
    knob<&S::client_timeout, Time{millisecond, 24 * hour}>("client.timeout", "duration",
                                                           "limit for one request"),
    knob<&S::proxy_enabled>("proxy.enabled", "true|false", "nginx stands in front"),
    knob<&S::proxy_keep_alive>("proxy.keep_alive", "true|false",
                               "nginx keeps its connections to the application server"),
    knob<&S::proxy_socket>("proxy.socket", "tcp|unix",
                           "how nginx reaches the application server: a port, or a Unix socket"),
    knob<&S::proxy_protocol>("proxy.protocol", "http|uwsgi",
                             "what nginx speaks to the application server"),
    knob<&S::proxy_access_log>("proxy.access_log", "true|false", "nginx logs every request"),
    knob<&S::proxy_workers, Whole{1, 512}>("proxy.workers", "count", "worker processes of nginx"),
    knob<&S::listen_backlog, Whole{1, 65'535}>("listen_backlog", "number",
                                               "of every listening socket"),
    knob<&S::workers_sync, Whole{1, most_workers}>("workers.sync", "count|tuned",
                                                   "workers of a sync or threaded stack"),
    knob<&S::workers_async, Whole{1, most_workers}>("workers.async", "count|tuned",
                                                    "workers of an async stack"),
    knob<&S::workers_tuned_by>("workers.tuned_by", "model|stack",
                               "one tuned number for all stacks of a model, or for each stack"),
    knob<&S::workers_tuned_in>("workers.tuned_in", "scenario",
                               "where tuned numbers are found; \"\": in the scenario itself"),
    knob<&S::app_key>("app.key", "request|own",
                      "each request names the row that it wants, or the application draws one"),
    knob<&S::pooler_enabled>("pooler.enabled", "true|false", "pgbouncer stands before PostgreSQL"),
    knob<&S::pooler_mode>(
        "pooler.mode", "session|transaction",
        "a client of pgbouncer has a session until it leaves, or for one transaction"),
    knob<&S::db_sessions, Whole{1, 10'000}>("db.sessions", "count",
                                            "sessions that all workers share"),
    knob<&S::db_delay, Time{0, hour}>("db.delay", "duration", "sleep inside the query"),
    knob<&S::db_connection>("db.connection", "per-request|pooled|none",
                            "a new one per request, a pool in each worker, or rows made up"),
    knob<&S::driver_transaction>("driver.transaction", "true|false",
                                 "psycopg2 sends BEGIN and COMMIT around the query"),
    knob<&S::driver_hstore>("driver.hstore", "true|false",
                            "aiopg asks the catalogue for hstore on each new connection"),
    knob<&S::cpus_load>("cpus.load", "cores", "of the load generator"),
    knob<&S::load_real_time>(
        "load.real_time", "true|false",
        "the load generator goes before all others that want a core, where it may"),
    knob<&S::cpus_proxy>("cpus.proxy", "cores", "of nginx"),
    knob<&S::cpus_app>("cpus.app", "cores", "of the application server"),
    knob<&S::cpus_pooler>("cpus.pooler", "cores", "of pgbouncer"),
    knob<&S::cpus_database>("cpus.database", "cores", "of PostgreSQL"),
    knob<&S::machine_cpu, cpu_time>("machine.cpu", "cores",
                                    "CPU time that the chain may use; 0: no limit"),
    knob<&S::machine_cores, Whole{0, 4096}>("machine.cores", "number",
                                            "cores that the chain may run on; 0: all"),
    knob<&S::machine_with_load>("machine.with_load", "true|false",
                                "the load generator shares what the two above leave"),
    knob<&S::quota_proxy, cpu_time>("quota.proxy", "cores", "CPU time that nginx may use"),
    knob<&S::quota_app, cpu_time>("quota.app", "cores", "of the application server"),
    knob<&S::quota_pooler, cpu_time>("quota.pooler", "cores", "of pgbouncer"),
    knob<&S::quota_database, cpu_time>("quota.database", "cores", "of PostgreSQL"),
    knob<&S::watch_signals>(
        "watch.signals", "true|false",
        "look at the parts under the load; false: only at what a verdict needs"),
};

/// What `--set NAME=VALUE` has after the "=": TOML, or else a bare text.
Value value_from(std::string_view text) {
  if (!check_key_depth(text, {})) return Value{std::string(text)};
  try {
    const toml::table table = toml::parse(fmt::format("value = {}\n", text));
    if (table.size() == 1) {
      if (auto value = to_value(*table.get("value"))) return *value;
    }
  } catch (const toml::parse_error&) {
    // A bare text such as 20ms is no TOML; the knob itself says whether it takes it.
  }
  return Value{std::string(trim(text))};
}

}  // namespace

std::span<const Knob> knobs() {
  return all_knobs;
}

Result<> set(Scenario& scenario, std::string_view name, const Value& value) {
  std::vector<std::string> known;
  for (const Knob& knob : all_knobs) {
    if (knob.name == name) {
      auto done = knob.set(scenario, value);
      if (done) return done;
      return fail(ErrorKind::usage, fmt::format("the knob '{}' {}", name, done.error().what),
                  "unrig list knobs");
    }
    known.emplace_back(knob.name);
  }
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no knob '{}'", printable(name)),
              near.empty() ? "unrig list knobs" : fmt::format("did you mean '{}'?", near));
}

Result<> check_cores(const Scenario& scenario, std::span<const int> usable) {
  const int there = static_cast<int>(usable.size());
  if (scenario.machine_cores > there) {
    return fail(ErrorKind::usage,
                fmt::format("the knob 'machine.cores' asks for {} cores: this machine has {}",
                            scenario.machine_cores, there),
                fmt::format("1 to {}, or 0 for all", there));
  }
  const int cores = scenario.cores(there);
  const std::pair<std::string_view, double> times[] = {{"machine.cpu", scenario.machine_cpu},
                                                       {"quota.proxy", scenario.quota_proxy},
                                                       {"quota.app", scenario.quota_app},
                                                       {"quota.pooler", scenario.quota_pooler},
                                                       {"quota.database", scenario.quota_database}};
  for (const auto& [name, time] : times) {
    if (time <= cores) continue;
    return fail(ErrorKind::usage,
                fmt::format("the knob '{}' asks for the time of {:g} cores: there {} {}", name,
                            time, cores == 1 ? "is" : "are", cores),
                fmt::format("{:g} to {}, or 0 for no limit", cpu_time.least, cores));
  }
  const auto inside = usable.first(static_cast<std::size_t>(cores));
  const std::pair<std::string_view, const std::vector<int>*> lists[] = {
      {"cpus.load", &scenario.cpus_load},
      {"cpus.proxy", &scenario.cpus_proxy},
      {"cpus.app", &scenario.cpus_app},
      {"cpus.pooler", &scenario.cpus_pooler},
      {"cpus.database", &scenario.cpus_database}};
  for (const auto& [name, list] : lists) {
    const bool is_inside = list != &scenario.cpus_load || scenario.machine_with_load;
    const auto allowed = is_inside ? inside : usable;
    for (const int core : *list) {
      if (std::ranges::find(allowed, core) != allowed.end()) continue;
      return fail(ErrorKind::usage,
                  fmt::format("the knob '{}' names core {}: there is none that may be used here",
                              name, core),
                  fmt::format("usable cores: {}", fmt::join(allowed, ", ")));
    }
  }
  return {};
}

Result<> check_counts(const Scenario& scenario, int cores, int workers) {
  for (const Knob& knob : all_knobs) {
    if (auto checked = knob.check(scenario, knob.name, cores, workers); !checked) return checked;
  }
  if (workers <= most_workers) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("{} workers are more than the {} that there may be", workers, most_workers),
      "give the stack fewer in [workers.stack]");
}

Result<> set_text(Scenario& scenario, std::string_view knob, std::string_view text) {
  return set(scenario, knob, value_from(trim(text)));
}

Result<> set_from_text(Scenario& scenario, std::string_view assignment) {
  const auto at = assignment.find('=');
  if (at == std::string_view::npos || trim(assignment.substr(0, at)).empty()) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no KNOB=VALUE", printable(assignment)),
                "write it like --set db.delay=40ms");
  }
  const std::string_view name = trim(assignment.substr(0, at));
  auto done = set_text(scenario, name, assignment.substr(at + 1));
  if (!done)
    done.error().what = fmt::format("--set {}: {}", printable(assignment), done.error().what);
  return done;
}

}  // namespace unrig::scenario
