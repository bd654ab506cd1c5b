#include "scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace unrig::scenario {
namespace {

template <class Value>
struct Name {
  Value value;
  std::string_view text;
};

constexpr auto concurrencies = std::to_array<Name<Concurrency>>({
    {Concurrency::sync, "sync"},
    {Concurrency::threads, "threads"},
    {Concurrency::async_coroutine, "async-coroutine"},
    {Concurrency::async_greenlet, "async-greenlet"},
    {Concurrency::event_loop, "event-loop"},
    {Concurrency::goroutines, "goroutines"},
    {Concurrency::virtual_threads, "virtual-threads"},
});
constexpr auto worker_kinds = std::to_array<Name<Worker>>({
    {Worker::process, "process"},
    {Worker::thread, "thread"},
    {Worker::server, "server"},
});

template <class Value, std::size_t size>
std::string_view text_of(const std::array<Name<Value>, size>& names, Value value) {
  const auto found = std::ranges::find(names, value, &Name<Value>::value);
  return found == names.end() ? "unknown" : found->text;
}

template <class Value, std::size_t size>
std::optional<Value> value_of(const std::array<Name<Value>, size>& names, std::string_view text) {
  const auto found = std::ranges::find(names, text, &Name<Value>::text);
  return found == names.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace

std::string_view to_text(Concurrency concurrency) {
  return text_of(concurrencies, concurrency);
}

std::optional<Concurrency> concurrency_from(std::string_view text) {
  return value_of(concurrencies, text);
}

std::string concurrency_names() {
  std::string names;
  for (const auto& name : concurrencies)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name.text);
  return names;
}

bool is_async(Concurrency concurrency) {
  return concurrency != Concurrency::sync && concurrency != Concurrency::threads;
}

bool has_event_loop(Concurrency concurrency) {
  return concurrency == Concurrency::async_coroutine ||
         concurrency == Concurrency::async_greenlet || concurrency == Concurrency::event_loop;
}

std::string_view to_text(Worker worker) {
  return text_of(worker_kinds, worker);
}

std::optional<Worker> worker_from(std::string_view text) {
  return value_of(worker_kinds, text);
}

Count rule_of_thumb(Concurrency concurrency) {
  return is_async(concurrency) ? Count{.per_core = 1} : Count{.fixed = 1, .per_core = 3};
}

int Scenario::number(const Count& count, int cores, int workers) const {
  const long own_cores = this->cores(cores);
  long value =
      count.fixed + count.per_core * own_cores + static_cast<long>(count.per_worker) * workers;
  if (count.per_sync_worker > 0) {
    const Count sync = workers_sync.tuned ? rule_of_thumb(Concurrency::sync) : workers_sync.count;
    value += count.per_sync_worker * (sync.fixed + sync.per_core * own_cores);
  }
  return static_cast<int>(std::clamp<long>(value, 1, 1'000'000));
}

std::vector<int> Scenario::cores_of_part(const std::vector<int>& list,
                                         std::span<const int> usable) const {
  if (!list.empty() || machine_cores == 0) return list;
  const auto some = usable.first(std::min(usable.size(), static_cast<std::size_t>(machine_cores)));
  return {some.begin(), some.end()};
}

std::vector<int> Scenario::cores_of_load(std::span<const int> usable) const {
  return machine_with_load ? cores_of_part(cpus_load, usable) : cpus_load;
}

bool Scenario::counts_sync_workers() const {
  return clients.per_sync_worker > 0 || db_sessions.per_sync_worker > 0 ||
         proxy_workers.per_sync_worker > 0;
}

int Scenario::workers(std::string_view stack, Concurrency concurrency, int cores) const {
  if (const auto own = workers_of.find(std::string(stack)); own != workers_of.end()) {
    return number(own->second, cores);
  }
  const Workers& of_model = workers_of_model(concurrency);
  return number(of_model.tuned ? rule_of_thumb(concurrency) : of_model.count, cores);
}

std::string_view to_text(Connection connection) {
  switch (connection) {
    case Connection::per_request:
      return "per-request";
    case Connection::pooled:
      return "pooled";
    case Connection::none:
      return "none";
  }
  return "per-request";
}

std::string_view to_text(AppKey key) {
  return key == AppKey::request ? "request" : "own";
}

std::string_view to_text(PoolerMode mode) {
  return mode == PoolerMode::transaction ? "transaction" : "session";
}

std::string_view to_text(ProxySocket socket) {
  return socket == ProxySocket::unix_domain ? "unix" : "tcp";
}

std::string_view to_text(ProxyProtocol protocol) {
  return protocol == ProxyProtocol::uwsgi ? "uwsgi" : "http";
}

Result<> Scenario::check_sessions(std::string_view stack, Concurrency concurrency, int workers,
                                  int cores) const {
  const int sessions = number(db_sessions, cores, workers);
  if (db_connection != Connection::pooled || shares_sessions() || workers <= sessions) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("{} would have {} workers for {} session{}: with pooled connections every worker "
                  "keeps one, and those that get none answer nothing",
                  stack, workers, sessions, sessions == 1 ? "" : "s"),
      fmt::format("--set db.sessions={}, --set workers.{}={} or --set db.connection=per-request",
                  workers, is_async(concurrency) ? "async" : "sync", sessions));
}

}  // namespace unrig::scenario
