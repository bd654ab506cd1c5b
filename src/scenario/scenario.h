/// \file
/// A scenario: every setting of the chain and the load. Its single settings are knobs. Pure.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace unrig::scenario {

/// How a stack serves many requests at once.
enum class Concurrency { sync, threads, async_coroutine, async_greenlet };

/// "sync", "threads", "async-coroutine", "async-greenlet": the names in files and records.
[[nodiscard]] std::string_view to_text(Concurrency concurrency);
[[nodiscard]] std::optional<Concurrency> concurrency_from(std::string_view text);
/// Sync and threads take their workers from `workers.sync`, the others from `workers.async`.
[[nodiscard]] bool is_async(Concurrency concurrency);

/// A number that may scale: fixed + per_core * cores + per_worker * workers, at least 1.
struct Count {
  int fixed = 0;
  int per_core = 0;
  int per_worker = 0;
  bool operator==(const Count&) const = default;
  [[nodiscard]] int resolve(int cores, int workers = 0) const;
};

enum class Process { constant, poisson };
enum class Connection { per_request, pooled };

/// Plain data with a default for every knob (those of the scenario `article`). `knobs()` is the
/// list of their names; to add one, add a member here and a line there.
struct Scenario {
  std::string name = "article";
  std::string description;

  Count clients{.fixed = 100};
  Duration think_time{0};
  std::optional<Rate> arrival_rate;  ///< set: open loop; not set: closed loop
  Process arrival_process = Process::poisson;
  bool client_keep_alive = false;
  Duration client_timeout = std::chrono::seconds(10);

  bool proxy_enabled = true;
  bool proxy_keep_alive = false;  ///< towards the application server
  bool proxy_access_log = false;
  Count proxy_workers{.per_core = 1};
  int listen_backlog = 2048;  ///< of every listening socket of the chain

  Count workers_sync{.fixed = 1, .per_core = 3};
  Count workers_async{.per_core = 1};
  std::map<std::string, Count> workers_of;  ///< by stack name; wins over the two above

  bool pooler_enabled = true;
  Count db_sessions{.fixed = 100};
  Duration db_delay = std::chrono::milliseconds(20);
  Connection db_connection = Connection::per_request;

  bool driver_transaction = true;  ///< psycopg2 sends BEGIN and COMMIT around the query
  bool driver_hstore = true;       ///< aiopg asks the catalogue for hstore on each new connection

  // Cores by number; empty: all.
  std::vector<int> cpus_load, cpus_proxy, cpus_app, cpus_pooler, cpus_database;

  /// Workers of one stack on a machine with `cores` cores.
  [[nodiscard]] int workers(std::string_view stack, Concurrency concurrency, int cores) const;

  /// Pooled connections are kept: a worker that finds no session left waits for ever. Error: usage,
  /// when `workers` of `stack` are more than the sessions, with the settings that help.
  [[nodiscard]] Result<> check_sessions(std::string_view stack, Concurrency concurrency,
                                        int workers, int cores) const;
};

/// A value as a file or `--set` gives it.
struct Value;
using ValueList = std::vector<int>;
struct Value {
  std::variant<bool, long, double, std::string, Count, ValueList> data;
};

/// One knob. `set` checks the value; its error names what is expected.
struct Knob {
  std::string_view name;
  std::string_view unit;  ///< what a value looks like: "duration", "count", "true|false", …
  std::string_view help;
  Result<> (*set)(Scenario&, const Value&);
  std::string (*get)(const Scenario&);  ///< as TOML writes it, so that it can be read back
  std::string (*limits)();              ///< "1 to 512"; "" where `unit` says all
  /// Whether a number that scales is within them on a machine; the name is the knob's.
  Result<> (*check)(const Scenario&, std::string_view name, int cores, int workers);
};
[[nodiscard]] std::span<const Knob> knobs();

/// More worker processes than any machine could keep busy.
inline constexpr int most_workers = 512;

/// Whether every number that scales is within its limits on a machine with `cores` cores, for a
/// stack of `workers` workers. Error: usage, with the knob and what to set.
[[nodiscard]] Result<> check_counts(const Scenario& scenario, int cores, int workers);

/// Whether every core that a knob names is one of `usable`. Error: usage, with the knob.
[[nodiscard]] Result<> check_cores(const Scenario& scenario, std::span<const int> usable);

/// Sets one knob. Error: usage, with did-you-mean for an unknown name.
[[nodiscard]] Result<> set(Scenario& scenario, std::string_view knob, const Value& value);

/// The same from a text: TOML, or a bare text ("20ms").
[[nodiscard]] Result<> set_text(Scenario& scenario, std::string_view knob, std::string_view text);

/// Sets one knob from "NAME=VALUE", as `--set` takes it. Error: usage, with the assignment.
[[nodiscard]] Result<> set_from_text(Scenario& scenario, std::string_view assignment);

/// Reads `scenarios/NAME.toml` or, when `name_or_path` ends in ".toml", that file.
/// Error: usage, with file, line and column where the file is broken.
[[nodiscard]] Result<Scenario> load(const std::filesystem::path& folder,
                                    std::string_view name_or_path);

/// Names in the folder, sorted.
[[nodiscard]] std::vector<std::string> names(const std::filesystem::path& folder);

}  // namespace unrig::scenario
