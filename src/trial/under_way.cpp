#include "trial/under_way.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace unrig::trial {
namespace {

using record::Component;
using record::UnderWay;
using Place = std::pair<std::string_view, std::optional<double> UnderWay::*>;

/// All but the sum, by what evidence calls them.
constexpr auto places = std::to_array<Place>({
    {"not yet read by the proxy", &UnderWay::before_proxy},
    {"in the proxy's listen queue", &UnderWay::proxy_queue},
    {"in the application's listen queue", &UnderWay::app_queue},
    {"in the pooler's listen queue", &UnderWay::pooler_queue},
    {"waiting for a session", &UnderWay::for_session},
    {"asleep in the query", &UnderWay::asleep},
    {"at work in the database", &UnderWay::database},
    {"on the cores or ready for one", &UnderWay::on_cores},
    {"elsewhere, taken in and not come to", &UnderWay::elsewhere},
});

std::optional<double> queue_of(const record::Trial& trial, Component component) {
  const record::ProcessSignals* part = trial.signals.of(component);
  return part == nullptr ? std::optional(0.0) : part->queue.mean.value();
}

/// Mean number of threads of the parts before the database that ran or were ready to. Not set:
/// there is a part of which it could not be read.
std::optional<double> on_cores(const record::Trial& trial) {
  double busy_s = 0;
  for (const Component component : {Component::proxy, Component::app, Component::pooler}) {
    const record::ProcessSignals* part = trial.signals.of(component);
    if (part == nullptr) continue;
    if (!part->cpu_seconds) return std::nullopt;
    busy_s += *part->cpu_seconds + part->queue_wait_seconds.value_or(0);
  }
  return busy_s / trial.window_seconds;
}

/// Of all requests, those that the proxy has not got and that do not wait to be accepted by it.
std::optional<double> before_proxy(const record::Trial& trial, const UnderWay& where) {
  if (trial.signals.of(Component::proxy) == nullptr) return 0;
  const auto& writing = trial.signals.proxy.writing;
  if (!writing || !where.proxy_queue) return std::nullopt;
  return std::max(0.0, *where.all - *writing - *where.proxy_queue);
}

std::optional<double> in_database(const record::ActivitySignals& activity) {
  if (!activity.working || !activity.locked || !activity.io) return std::nullopt;
  return *activity.working + *activity.locked + *activity.io;
}

}  // namespace

UnderWay under_way(const record::Trial& trial) {
  assert(trial.conditions);
  UnderWay where;
  if (trial.window_seconds <= 0 || !trial.service_us.mean) return where;
  constexpr double us_per_s = 1e6;
  where.all = trial.throughput_per_s * *trial.service_us.mean / us_per_s;
  if (!trial.conditions->sees_server || !trial.conditions->watches_signals) return where;
  where.proxy_queue = queue_of(trial, Component::proxy);
  where.before_proxy = before_proxy(trial, where);
  where.app_queue = queue_of(trial, Component::app);
  where.on_cores = on_cores(trial);
  // What waits for a database that nobody sees is not told from what waits in the application.
  if (trial.conditions->own_application) return where;
  where.pooler_queue = queue_of(trial, Component::pooler);
  where.for_session = trial.signals.of(Component::pooler) == nullptr
                          ? std::optional(0.0)
                          : trial.signals.sessions.waiting_mean.value();
  where.asleep = trial.throughput_per_s * trial.conditions->delay_us / us_per_s;
  where.database = in_database(trial.signals.activity);
  double rest = *where.all;
  for (const auto& [name, place] : places) rest -= (where.*place).value_or(0);
  // Means of different looks: they may come to a little more than all.
  where.elsewhere = std::max(0.0, rest);
  return where;
}

std::optional<double> waiting(const UnderWay& where) {
  if (!where.all || !where.elsewhere) return std::nullopt;
  double sum = 0;
  for (const auto& place : {where.before_proxy, where.proxy_queue, where.app_queue,
                            where.pooler_queue, where.for_session, where.elsewhere}) {
    sum += place.value_or(0);
  }
  return std::min(sum, *where.all);
}

std::string in_words(const UnderWay& where) {
  if (!where.all) return {};
  std::vector<std::pair<double, std::string_view>> found;
  for (const auto& [name, place] : places) {
    if (where.*place) found.emplace_back(*(where.*place), name);
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &decltype(found)::value_type::first);
  // What would be printed as 0.
  constexpr double least = 0.05;
  std::vector<std::string> parts;
  for (const auto& [number, name] : found) {
    if (number >= least) parts.push_back(fmt::format("{:.1f} {}", number, name));
  }
  return fmt::format("{:.1f} requests under way{}{}", *where.all, parts.empty() ? "" : ": ",
                     join(parts, ", "));
}

}  // namespace unrig::trial
