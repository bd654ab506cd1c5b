/// \file
/// A scenario: every setting of the chain and the load. Its single settings are knobs. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrivals/schedule.h"
#include "base/result.h"
#include "base/units.h"

namespace unrig::scenario {

/// How a stack serves many requests at once.
enum class Concurrency {
  sync,
  threads,
  async_coroutine,
  async_greenlet,
  event_loop,
  goroutines,
  virtual_threads,
};

/// "sync", "threads", "async-coroutine", "event-loop", …: the names in files and records.
[[nodiscard]] std::string_view to_text(Concurrency concurrency);
[[nodiscard]] std::optional<Concurrency> concurrency_from(std::string_view text);
/// All names, as a sentence lists them: "sync, threads, …".
[[nodiscard]] std::string concurrency_names();
/// Whether one worker serves any number of requests at a time, while their drivers wait: all but
/// sync and threads, whose workers are as many as requests. Those take their workers from
/// `workers.sync`, these from `workers.async`.
[[nodiscard]] bool is_async(Concurrency concurrency);
/// Whether one thread of a worker does all its work, and may be used up while others are idle. Not
/// where a scheduler spreads requests over the threads of a process.
[[nodiscard]] bool has_event_loop(Concurrency concurrency);

/// What the number of workers of a stack counts.
enum class Worker {
  process,  ///< each is one
  thread,   ///< of the one process that serves
  server,   ///< nothing that is seen: one process serves, which does with the number what it likes
};
[[nodiscard]] std::string_view to_text(Worker worker);  ///< "process", "thread", "server"
[[nodiscard]] std::optional<Worker> worker_from(std::string_view text);
/// Processes that serve where a stack has so many workers.
[[nodiscard]] constexpr int processes_of(Worker worker, int workers) {
  return worker == Worker::process ? workers : 1;
}
/// Connections to the database that each of those may keep: its share of the sessions.
[[nodiscard]] constexpr int pool_of(Worker worker, int workers, int sessions) {
  return std::max(1, sessions / std::max(1, processes_of(worker, workers)));
}

/// A number that may scale; Scenario::number() says what it makes.
struct Count {
  int fixed = 0;
  int per_core = 0;
  int per_worker = 0;       ///< of the stack itself
  int per_sync_worker = 0;  ///< of any stack that is sync, also where the stack itself is not
  bool operator==(const Count&) const = default;
};

/// How many workers the stacks of one concurrency model have.
struct Workers {
  Count count = {};
  /// As many as serve best on this machine: to be found before the run. Where nobody has found
  /// them, rule_of_thumb() stands in.
  bool tuned = false;
  bool operator==(const Workers&) const = default;
};
/// 3 per core and one more for sync and threads, as the article has it, and 1 per core for async.
[[nodiscard]] Count rule_of_thumb(Concurrency concurrency);

/// For whom one tuned number is found.
enum class TunedBy { model, stack };

using arrivals::ArrivalProcess;
/// Of the application to the database; none: it makes the row up and asks nobody.
enum class Connection { per_request, pooled, none };
[[nodiscard]] std::string_view to_text(Connection connection);  ///< "per-request", "pooled", "none"

/// Who chooses the row that a request reads: the request, which names it, or the application.
enum class AppKey { request, own };
[[nodiscard]] std::string_view to_text(AppKey key);  ///< "request", "own"

/// For how long a client of the pooler has one of its sessions: until it leaves, or for one
/// transaction, so that clients that do nothing have none.
enum class PoolerMode { session, transaction };
[[nodiscard]] std::string_view to_text(PoolerMode mode);  ///< "session", "transaction"

/// Where the application server listens for the proxy.
enum class ProxySocket { tcp, unix_domain };
[[nodiscard]] std::string_view to_text(ProxySocket socket);  ///< "tcp", "unix"
/// What the proxy speaks to it; uwsgi: the binary protocol of uWSGI, whose answers are HTTP.
enum class ProxyProtocol { http, uwsgi };
[[nodiscard]] std::string_view to_text(ProxyProtocol protocol);  ///< "http", "uwsgi"

/// How an application server is reached by whoever stands before it.
struct Way {
  ProxyProtocol protocol = ProxyProtocol::http;
  ProxySocket socket = ProxySocket::tcp;
  bool operator==(const Way&) const = default;
};

/// Plain data with a default for every knob (those of the scenario `article`). Their
/// names lie in scenario/knobs.cpp: to add one, add a member here and a line there.
struct Scenario {
  std::string name = "article";
  std::string description;

  Count clients{.fixed = 100};
  Duration think_time{0};
  std::optional<Rate> arrival_rate;  ///< set: open loop; not set: closed loop
  ArrivalProcess arrival_process = ArrivalProcess::poisson;
  bool client_keep_alive = false;
  Duration client_timeout = std::chrono::seconds(10);

  bool proxy_enabled = true;
  bool proxy_keep_alive = false;  ///< towards the application server
  ProxySocket proxy_socket = ProxySocket::tcp;
  ProxyProtocol proxy_protocol = ProxyProtocol::http;
  bool proxy_access_log = false;
  Count proxy_workers{.per_core = 1};
  int listen_backlog = 2048;  ///< of every listening socket of the chain

  Workers workers_sync{.tuned = true};
  Workers workers_async{.tuned = true};
  TunedBy workers_tuned_by = TunedBy::model;
  std::string workers_tuned_in;             ///< the scenario in which they are found; empty: this
  std::map<std::string, Count> workers_of;  ///< by stack name; wins over the two above

  AppKey app_key = AppKey::own;

  bool pooler_enabled = true;
  PoolerMode pooler_mode = PoolerMode::session;
  Count db_sessions{.fixed = 100};
  Duration db_delay = std::chrono::milliseconds(20);
  Connection db_connection = Connection::per_request;

  bool driver_transaction = true;  ///< psycopg2 sends BEGIN and COMMIT around the query
  bool driver_hstore = true;       ///< aiopg asks the catalogue for hstore on each new connection

  // Cores by number; empty: all that the machine below has.
  std::vector<int> cpus_load, cpus_proxy, cpus_app, cpus_pooler, cpus_database;

  // The machine that the chain is given, the load generator only where it says so.
  double machine_cpu = 0;          ///< CPU time, in cores; 0: no limit
  int machine_cores = 0;           ///< cores it may run on; 0: all
  bool machine_with_load = false;  ///< the load generator is in it, too

  /// CPU time of single parts, in cores, within that of the machine; 0: no limit of their own.
  double quota_proxy = 0, quota_app = 0, quota_pooler = 0, quota_database = 0;

  /// Whether the load generator asks for a real-time priority. Not while it is in the machine
  /// above.
  bool load_real_time = true;

  /// Whether the parts are looked at under the load beyond what a verdict cannot do without.
  bool watch_signals = true;

  /// How the application server is reached: clients know no other way than HTTP at a port.
  [[nodiscard]] Way way_to_app() const {
    return proxy_enabled ? Way{proxy_protocol, proxy_socket} : Way{};
  }
  /// Whether sessions of the database pass from client to client, without a reset in between.
  [[nodiscard]] bool shares_sessions() const {
    return pooler_enabled && pooler_mode == PoolerMode::transaction;
  }

  /// Cores that count, of the `cores` that there are.
  [[nodiscard]] int cores(int cores) const { return machine_cores > 0 ? machine_cores : cores; }
  /// What a count of this scenario makes on a machine with `cores` cores, for a stack of `workers`
  /// workers: fixed + per_core * those that count + per_worker * workers + per_sync_worker * the
  /// workers of sync stacks; at least 1.
  [[nodiscard]] int number(const Count& count, int cores, int workers = 0) const;
  /// Cores of a part of the chain that is given `list` of `usable` ones; empty: all.
  [[nodiscard]] std::vector<int> cores_of_part(const std::vector<int>& list,
                                               std::span<const int> usable) const;
  /// The same of the load generator.
  [[nodiscard]] std::vector<int> cores_of_load(std::span<const int> usable) const;

  /// The number that stacks of the model take, unless workers_of has one for them.
  [[nodiscard]] const Workers& workers_of_model(Concurrency concurrency) const {
    return is_async(concurrency) ? workers_async : workers_sync;
  }
  /// Whether some number is that of the sync workers, whatever the stack.
  [[nodiscard]] bool counts_sync_workers() const;
  /// Workers of one stack on a machine with `cores` cores.
  [[nodiscard]] int workers(std::string_view stack, Concurrency concurrency, int cores) const;

  /// Pooled connections are kept, and each has a session, unless a pooler gives it one for each
  /// transaction: a worker that finds no session left waits for ever. Error: usage,
  /// when `workers` of `stack` are more than the sessions, with the settings that help.
  [[nodiscard]] Result<> check_sessions(std::string_view stack, Concurrency concurrency,
                                        int workers, int cores) const;
};

}  // namespace unrig::scenario
