#include "scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace unrig::scenario {
namespace {

struct Name {
  Concurrency concurrency;
  std::string_view text;
};
constexpr std::array<Name, 4> concurrency_names{{{Concurrency::sync, "sync"},
                                                 {Concurrency::threads, "threads"},
                                                 {Concurrency::async_coroutine, "async-coroutine"},
                                                 {Concurrency::async_greenlet, "async-greenlet"}}};

}  // namespace

std::string_view to_text(Concurrency concurrency) {
  for (const Name& name : concurrency_names) {
    if (name.concurrency == concurrency) return name.text;
  }
  return "unknown";
}

std::optional<Concurrency> concurrency_from(std::string_view text) {
  for (const Name& name : concurrency_names) {
    if (name.text == text) return name.concurrency;
  }
  return std::nullopt;
}

bool is_async(Concurrency concurrency) {
  return concurrency == Concurrency::async_coroutine || concurrency == Concurrency::async_greenlet;
}

int Count::resolve(int cores, int workers) const {
  const long value = static_cast<long>(fixed) + static_cast<long>(per_core) * cores +
                     static_cast<long>(per_worker) * workers;
  return static_cast<int>(std::clamp<long>(value, 1, 1'000'000));
}

int Scenario::workers(std::string_view stack, Concurrency concurrency, int cores) const {
  if (const auto own = workers_of.find(std::string(stack)); own != workers_of.end()) {
    return own->second.resolve(cores);
  }
  return (is_async(concurrency) ? workers_async : workers_sync).resolve(cores);
}

Result<> Scenario::check_sessions(std::string_view stack, Concurrency concurrency, int workers,
                                  int cores) const {
  const int sessions = db_sessions.resolve(cores, workers);
  if (db_connection != Connection::pooled || workers <= sessions) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("{} would have {} workers for {} session{}: with pooled connections every worker "
                  "keeps one, and those that get none answer nothing",
                  stack, workers, sessions, sessions == 1 ? "" : "s"),
      fmt::format("--set db.sessions={}, --set workers.{}={} or --set db.connection=per-request",
                  workers, is_async(concurrency) ? "async" : "sync", sessions));
}

}  // namespace unrig::scenario
