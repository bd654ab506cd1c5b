#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <array>

#include "base/text.h"
#include "scenario/scenario.h"
#include "scenario/toml_value.h"

namespace unrig::scenario {
namespace {

constexpr int count_limit = 100'000;

std::unexpected<Error> expected(std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("expects {}", what));
}

// One `assign` and one `as_text` for each type that a knob can have.

Result<> assign(bool& target, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.data)) {
    target = *flag;
    return {};
  }
  return expected("true or false");
}

Result<> assign(int& target, const Value& value) {
  if (const auto* number = std::get_if<long>(&value.data)) {
    if (*number >= 1 && *number <= count_limit) {
      target = static_cast<int>(*number);
      return {};
    }
  }
  return expected(fmt::format("a whole number from 1 to {}", count_limit));
}

Result<> assign(Count& target, const Value& value) {
  if (const auto* count = std::get_if<Count>(&value.data)) {
    target = *count;
    return {};
  }
  int fixed = 0;
  if (!assign(fixed, value)) {
    return expected(
        fmt::format("a whole number from 1 to {} or {{ per_core = 3, plus = 1 }}", count_limit));
  }
  target = Count{.fixed = fixed};
  return {};
}

Result<> assign(Duration& target, const Value& value) {
  std::string text;
  if (const auto* given = std::get_if<std::string>(&value.data)) text = *given;
  if (const auto* number = std::get_if<long>(&value.data)) text = std::to_string(*number);
  auto duration = parse_duration(text);
  if (!duration) return expected("a duration with its unit, like 20ms");
  target = *duration;
  return {};
}

Result<> assign(std::optional<Rate>& target, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    if (*text == "none") {
      target.reset();
      return {};
    }
    if (auto rate = parse_rate(*text)) {
      target = *rate;
      return {};
    }
  }
  return expected("a rate with its unit, like 1000/s, or none for a closed loop");
}

Result<> assign(Process& target, const Value& value) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr || (*text != "constant" && *text != "poisson")) {
    return expected("constant or poisson");
  }
  target = *text == "poisson" ? Process::poisson : Process::constant;
  return {};
}

Result<> assign(Connection& target, const Value& value) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr || (*text != "per-request" && *text != "pooled")) {
    return expected("per-request or pooled");
  }
  target = *text == "pooled" ? Connection::pooled : Connection::per_request;
  return {};
}

Result<> assign(std::vector<int>& target, const Value& value) {
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
std::string as_text(Duration value) {
  return fmt::format("\"{}\"", unrig::to_text(value));
}
std::string as_text(const std::vector<int>& value) {
  return fmt::format("[{}]", fmt::join(value, ", "));
}
std::string as_text(const std::optional<Rate>& value) {
  return value ? fmt::format("\"{}/s\"", value->per_second) : "\"none\"";
}
std::string as_text(Process value) {
  return value == Process::poisson ? "\"poisson\"" : "\"constant\"";
}
std::string as_text(Connection value) {
  return value == Connection::pooled ? "\"pooled\"" : "\"per-request\"";
}
std::string as_text(const Count& value) {
  if (value.per_core == 0 && value.per_worker == 0) return std::to_string(value.fixed);
  std::vector<std::string> parts;
  if (value.per_core != 0) parts.push_back(fmt::format("per_core = {}", value.per_core));
  if (value.per_worker != 0) parts.push_back(fmt::format("per_worker = {}", value.per_worker));
  if (value.fixed != 0) parts.push_back(fmt::format("plus = {}", value.fixed));
  return fmt::format("{{ {} }}", join(parts, ", "));
}

template <auto Member>
constexpr Knob knob(std::string_view name, std::string_view unit, std::string_view help) {
  return {.name = name,
          .unit = unit,
          .help = help,
          .set = [](Scenario& s, const Value& value) { return assign(s.*Member, value); },
          .get = [](const Scenario& s) { return as_text(s.*Member); }};
}

using S = Scenario;
constexpr std::array all_knobs{
    knob<&S::clients>("clients", "count", "clients of the closed loop; open loop: connections"),
    knob<&S::think_time>("think_time", "duration", "pause of a client between its requests"),
    knob<&S::arrival_rate>("arrival.rate", "rate", "requests per second; makes the loop open"),
    knob<&S::arrival_process>("arrival.process", "constant|poisson",
                              "how open arrivals are spaced"),
    knob<&S::client_keep_alive>("client.keep_alive", "true|false",
                                "clients keep their connection to the front"),
    knob<&S::client_timeout>("client.timeout", "duration", "limit for one request"),
    knob<&S::proxy_enabled>("proxy.enabled", "true|false", "nginx stands in front"),
    knob<&S::proxy_keep_alive>("proxy.keep_alive", "true|false",
                               "nginx keeps its connections to the application server"),
    knob<&S::proxy_access_log>("proxy.access_log", "true|false", "nginx logs every request"),
    knob<&S::proxy_workers>("proxy.workers", "count", "worker processes of nginx"),
    knob<&S::listen_backlog>("listen_backlog", "number", "of every listening socket"),
    knob<&S::workers_sync>("workers.sync", "count", "workers of a sync or threaded stack"),
    knob<&S::workers_async>("workers.async", "count", "workers of an async stack"),
    knob<&S::pooler_enabled>("pooler.enabled", "true|false", "pgbouncer stands before PostgreSQL"),
    knob<&S::db_sessions>("db.sessions", "count", "sessions that all workers share"),
    knob<&S::db_delay>("db.delay", "duration", "sleep inside the query"),
    knob<&S::db_connection>("db.connection", "per-request|pooled",
                            "a new database connection per request, or a pool in each worker"),
    knob<&S::driver_transaction>("driver.transaction", "true|false",
                                 "psycopg2 sends BEGIN and COMMIT around the query"),
    knob<&S::driver_hstore>("driver.hstore", "true|false",
                            "aiopg asks the catalogue for hstore on each new connection"),
    knob<&S::cpus_load>("cpus.load", "cores", "of the load generator"),
    knob<&S::cpus_proxy>("cpus.proxy", "cores", "of nginx"),
    knob<&S::cpus_app>("cpus.app", "cores", "of the application server"),
    knob<&S::cpus_pooler>("cpus.pooler", "cores", "of pgbouncer"),
    knob<&S::cpus_database>("cpus.database", "cores", "of PostgreSQL"),
};

/// What `--set NAME=VALUE` has after the "=": TOML, or else a bare text.
Value value_from(std::string_view text) {
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
      if (!done) done.error().what = fmt::format("the knob '{}' {}", name, done.error().what);
      return done;
    }
    known.emplace_back(knob.name);
  }
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no knob '{}'", printable(name)),
              near.empty() ? "unrig list knobs" : fmt::format("did you mean '{}'?", near));
}

Result<> set_from_text(Scenario& scenario, std::string_view assignment) {
  const auto at = assignment.find('=');
  if (at == std::string_view::npos || trim(assignment.substr(0, at)).empty()) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no KNOB=VALUE", printable(assignment)),
                "write it like --set db.delay=40ms");
  }
  const std::string_view name = trim(assignment.substr(0, at));
  auto done = set(scenario, name, value_from(trim(assignment.substr(at + 1))));
  if (!done)
    done.error().what = fmt::format("--set {}: {}", printable(assignment), done.error().what);
  return done;
}

}  // namespace unrig::scenario
