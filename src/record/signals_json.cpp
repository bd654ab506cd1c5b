#include "record/signals_json.h"

#include <type_traits>

namespace unrig::record {
namespace {

// Each signal stands here once, with its name, for writing and for reading.

template <class Signals, class Visit>
requires std::is_same_v<std::remove_const_t<Signals>, ProcessSignals>
void each(Signals& of, const Visit& visit) {
  visit("cpu_seconds", of.cpu_seconds);
  visit("queue_wait_seconds", of.queue_wait_seconds);
  visit("busiest_thread", of.busiest_thread);
  visit("times_scheduled", of.times_scheduled);
  visit("throttled_seconds", of.throttled_seconds);
  visit("memory_bytes", of.memory_bytes);
}

template <class Signals, class Visit>
requires std::is_same_v<std::remove_const_t<Signals>, GeneratorSignals>
void each(Signals& of, const Visit& visit) {
  visit("threads", of.threads);
  visit("switched_off", of.switched_off);
  visit("longest_stall_seconds", of.longest_stall_seconds);
  visit("issue_delay_share", of.issue_delay_share);
}

template <class Signals, class Visit>
requires std::is_same_v<std::remove_const_t<Signals>, SessionSignals>
void each(Signals& of, const Visit& visit) {
  visit("sessions_max", of.most);
  visit("sessions_mean", of.mean);
  visit("sessions_active_mean", of.active_mean);
  visit("clients_waiting_mean", of.waiting_mean);
  visit("pooler_silence_seconds", of.silence_seconds);
}

template <class Signals, class Visit>
requires std::is_same_v<std::remove_const_t<Signals>, MachineSignals>
void each(Signals& of, const Visit& visit) {
  visit("cpu_seconds", of.cpu_seconds);
  visit("busy", of.busy);
  visit("steal", of.steal);
  visit("foreign", of.foreign);
  visit("unseen", of.unseen);
  visit("frequency_change", of.frequency_change);
  visit("quota_used_up", of.quota_used_up);
  visit("listen_overflows", of.listen_overflows);
  visit("suspended_seconds", of.suspended_seconds);
  visit("watch_shift_seconds", of.watch_shift_seconds);
}

template <class Group>
void write(Json& values, Json& not_checked, const Group& group) {
  each(group, [&](const char* name, const auto& reading) {
    values[name] = or_null(reading.value());
    if (!reading) not_checked[name] = reading.why();
  });
}

template <class Group>
void read(const Json& values, Group& group) {
  const Json& not_checked = values.at("not_checked");
  each(group, [&]<class T>(const char* name, Reading<T>& reading) {
    if (auto value = optional_at<T>(values, name)) {
      reading = *std::move(value);
    } else if (not_checked.contains(name)) {  // what later versions added nobody looked at
      reading = Reading<T>::not_checked(not_checked.at(name));
    }
  });
}

template <class... Groups>
Json component_to_json(const Groups&... groups) {
  Json values = Json::object();
  Json not_checked = Json::object();
  (write(values, not_checked, groups), ...);
  values["not_checked"] = std::move(not_checked);
  return values;
}

Component component_named(const std::string& name) {
  if (const auto found = component_from(name)) return *found;
  throw Json::type_error::create(302, "unknown component " + name, static_cast<Json*>(nullptr));
}

}  // namespace

Json to_json(const Signals& signals) {
  if (signals == Signals{}) return nullptr;
  Json json = Json::object();
  for (const auto& [component, processes] : signals.processes) {
    Json& at = json[std::string(to_text(component))];
    if (component == Component::load) {
      at = component_to_json(processes, signals.generator);
    } else if (component == Component::database) {
      at = component_to_json(processes, signals.sessions);
      at["sessions_cut_short"] = signals.sessions.cut_short;
    } else {
      at = component_to_json(processes);
    }
  }
  Json& machine = json["machine"] = component_to_json(signals.machine);
  machine["foreign_name"] = signals.machine.foreign_name;
  return json;
}

Signals signals_from_json(const Json& json) {
  Signals signals;
  if (json.is_null()) return signals;
  for (const auto& [name, values] : json.items()) {
    const Component component = component_named(name);
    if (component == Component::machine) {
      read(values, signals.machine);
      signals.machine.foreign_name = values.at("foreign_name");
      continue;
    }
    read(values, signals.processes[component]);
    if (component == Component::load) read(values, signals.generator);
    if (component != Component::database) continue;
    read(values, signals.sessions);
    signals.sessions.cut_short = values.at("sessions_cut_short");
  }
  return signals;
}

Json to_json(const std::optional<Conditions>& conditions) {
  if (!conditions) return nullptr;
  return {{"sees_server", conditions->sees_server},
          {"loop", conditions->open_loop ? "open" : "closed"},
          {"clients", conditions->clients},
          {"sessions", conditions->sessions},
          {"delay_us", conditions->delay_us},
          {"cores", conditions->cores},
          {"chain_cores", conditions->chain_cores},
          {"quota_cpus", conditions->quota_cpus},
          {"concurrency", to_text(conditions->concurrency)}};
}

std::optional<Conditions> conditions_from_json(const Json& json) {
  if (json.is_null()) return std::nullopt;
  const auto concurrency = scenario::concurrency_from(json.at("concurrency").get<std::string>());
  if (!concurrency) {
    throw Json::type_error::create(302, "unknown concurrency", static_cast<Json*>(nullptr));
  }
  return Conditions{.sees_server = json.at("sees_server"),
                    .open_loop = json.at("loop") == "open",
                    .clients = json.at("clients"),
                    .sessions = json.at("sessions"),
                    .delay_us = json.at("delay_us"),
                    .cores = json.at("cores"),
                    .chain_cores = json.value("chain_cores", json.at("cores").get<int>()),
                    .quota_cpus = json.value("quota_cpus", 0.0),
                    .concurrency = *concurrency};
}

Json to_json(const Events& events) {
  Json mishaps = Json::array();
  for (const Mishap& mishap : events.mishaps) {
    Json who = Json::array();
    for (const Component component : mishap.who) who.push_back(to_text(component));
    mishaps.push_back({{"reason", mishap.reason},
                       {"who", std::move(who)},
                       {"from_outside", mishap.from_outside}});
  }
  return {{"ready_sent", events.ready_sent},         {"ready_answered", events.ready_answered},
          {"mishaps", std::move(mishaps)},           {"late_generator", events.late_generator},
          {"away_generator", events.away_generator}, {"sample_failure", events.sample_failure}};
}

Events events_from_json(const Json& json) {
  Events events;
  if (json.is_null()) return events;
  events.ready_sent = json.at("ready_sent");
  events.ready_answered = json.at("ready_answered");
  for (const Json& each : json.at("mishaps")) {
    Mishap mishap{.reason = each.at("reason"), .from_outside = each.at("from_outside")};
    for (const Json& name : each.at("who")) mishap.who.insert(component_named(name));
    events.mishaps.push_back(std::move(mishap));
  }
  events.late_generator = json.at("late_generator");
  events.away_generator = json.at("away_generator");
  events.sample_failure = json.at("sample_failure");
  return events;
}

}  // namespace unrig::record
