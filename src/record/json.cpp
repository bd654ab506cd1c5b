#include "record/json.h"

#include "base/number.h"
#include "record/signals_json.h"

namespace unrig::record {
namespace {

using tally::Failure;

tally::Counts counts_from_json(const Json& json, const Json& failed_by) {
  tally::Counts counts;
  counts.scheduled = json.at("scheduled");
  counts.issued = json.at("issued");
  counts.dropped = json.at("dropped");
  counts.completed = json.at("completed");
  counts.unfinished = json.at("unfinished");
  for (std::size_t i = 0; i < tally::failure_count; ++i) {
    // Classes that came later are not in older records.
    counts.failed_by[i] =
        failed_by.value(std::string(to_text(static_cast<Failure>(i))), std::uint64_t{0});
  }
  return counts;
}

std::map<int, std::uint64_t> statuses_from_json(const Json& json) {
  std::map<int, std::uint64_t> statuses;
  for (const auto& [status, count] : json.items()) {
    const auto number = to_number<int>(status);
    // Caught with what else is wrong with the record.
    if (!number) throw Json::other_error::create(501, "'" + status + "' is no status", nullptr);
    statuses[*number] = count;
  }
  return statuses;
}

Quantiles quantiles_from_json(const Json& json) {
  const auto at = [&](const char* name) { return optional_at<double>(json, name); };
  return {.mean = at("mean"),
          .p50 = at("p50"),
          .p90 = at("p90"),
          .p95 = at("p95"),
          .p99 = at("p99"),
          .p999 = at("p999"),
          .max = at("max")};
}

Json window_to_json(const Trial& trial) {
  Json window = to_json(trial.window);
  window["seconds"] = trial.window_seconds;
  window["failed_by"] = failures_to_json(trial.window);
  return window;
}

Json seconds_to_json(const std::vector<tally::Stretch>& seconds) {
  Json list = Json::array();
  for (const auto& second : seconds) {
    list.push_back({{"completed", second.completed}, {"mean_us", second.mean_response_us}});
  }
  return list;
}

/// Two lists, because there are many: whole microseconds, no names.
Json steps_to_json(const std::vector<tally::Stretch>& steps) {
  Json completed = Json::array();
  Json mean_us = Json::array();
  for (const auto& step : steps) {
    completed.push_back(step.completed);
    mean_us.push_back(std::llround(step.mean_response_us));
  }
  return {{"seconds", unrig::seconds(tally::step_length)},
          {"completed", std::move(completed)},
          {"mean_us", std::move(mean_us)}};
}

std::vector<tally::Stretch> steps_from_json(const Json& json) {
  std::vector<tally::Stretch> steps;
  for (std::size_t i = 0; i < json.at("completed").size(); ++i) {
    steps.push_back(
        {.completed = json.at("completed").at(i), .mean_response_us = json.at("mean_us").at(i)});
  }
  return steps;
}

Json to_json(const Disturbance& disturbance) {
  return {{"machine_busy", or_null(disturbance.machine_busy)},
          {"steal", or_null(disturbance.steal)},
          {"foreign", or_null(disturbance.foreign)},
          {"foreign_name", disturbance.foreign_name},
          {"unseen", or_null(disturbance.unseen)},
          {"frequency_change", or_null(disturbance.frequency_change)},
          {"listen_overflows", or_null(disturbance.listen_overflows)},
          {"throttled_seconds", or_null(disturbance.throttled_seconds)},
          {"suspended_seconds", or_null(disturbance.suspended_seconds)}};
}

Disturbance disturbance_from_json(const Json& json) {
  const auto at = [&](const char* name) { return optional_at<double>(json, name); };
  return {.machine_busy = at("machine_busy"),
          .steal = at("steal"),
          .foreign = at("foreign"),
          .foreign_name = json.value("foreign_name", ""),
          .unseen = at("unseen"),
          .frequency_change = at("frequency_change"),
          .listen_overflows = optional_at<std::uint64_t>(json, "listen_overflows"),
          .throttled_seconds = at("throttled_seconds"),
          .suspended_seconds = at("suspended_seconds")};
}

Json to_json(const SteadyState& state) {
  return {{"checked", state.checked},
          {"steady", state.checked ? Json(state.steady) : Json(nullptr)},
          {"change", state.checked ? Json(state.change) : Json(nullptr)},
          {"at_seconds", or_null(state.at_seconds)}};
}

SteadyState steady_state_from_json(const Json& json) {
  SteadyState state{.checked = json.at("checked"),
                    .change = optional_at<double>(json, "change").value_or(0),
                    .at_seconds = optional_at<double>(json, "at_seconds")};
  if (state.checked) state.steady = json.at("steady");
  return state;
}

Json to_json(const Database& db) {
  return {{"queries", or_null(db.queries)},
          {"rows_read", or_null(db.rows_read)},
          {"transactions", or_null(db.transactions)},
          {"sessions_max", or_null(db.sessions_max)},
          {"sessions_mean", or_null(db.sessions_mean)},
          {"clients_waiting_mean", or_null(db.clients_waiting_mean)}};
}

Database database_from_json(const Json& json) {
  return {.queries = optional_at<std::uint64_t>(json, "queries"),
          .rows_read = optional_at<std::uint64_t>(json, "rows_read"),
          .transactions = optional_at<std::uint64_t>(json, "transactions"),
          .sessions_max = optional_at<int>(json, "sessions_max"),
          .sessions_mean = optional_at<double>(json, "sessions_mean"),
          .clients_waiting_mean = optional_at<double>(json, "clients_waiting_mean")};
}

Json to_json(const CpuPerRequest& cpu) {
  return {{"load", or_null(cpu.load)},         {"proxy", or_null(cpu.proxy)},
          {"app", or_null(cpu.app)},           {"pooler", or_null(cpu.pooler)},
          {"database", or_null(cpu.database)}, {"unattributed", or_null(cpu.unattributed)}};
}

CpuPerRequest cpu_from_json(const Json& json) {
  const auto at = [&](const char* name) { return optional_at<double>(json, name); };
  return {.load = at("load"),
          .proxy = at("proxy"),
          .app = at("app"),
          .pooler = at("pooler"),
          .database = at("database"),
          .unattributed = at("unattributed")};
}

Purpose purpose_from(const std::string& text) {
  for (const Purpose purpose : {Purpose::planned, Purpose::make_up, Purpose::confirmation}) {
    if (text == to_text(purpose)) return purpose;
  }
  throw Json::type_error::create(302, "unknown purpose " + text, static_cast<const Json*>(nullptr));
}

Trial read_trial(const Json& json) {
  Trial trial;
  trial.label = json.at("label");
  trial.stack = json.at("stack");
  trial.vintage = json.at("vintage");
  trial.purpose = purpose_from(json.at("purpose"));
  trial.block = json.at("block");
  trial.position = json.at("position");
  trial.seed = json.at("seed");
  trial.started_at = json.at("started_at");
  trial.workers = json.at("workers");
  trial.total = counts_from_json(json.at("counts"), json.at("failed_by"));
  const Json& window = json.at("window");
  trial.window = counts_from_json(window, window.at("failed_by"));
  trial.window_seconds = window.at("seconds");
  trial.throughput_per_s = json.at("throughput_per_s");
  trial.offered_per_s = optional_at<double>(json, "offered_per_s").value_or(0);
  trial.unasked_bytes = json.at("anomalies").at("unasked_bytes");
  trial.early_answers = json.at("anomalies").value("early_answers", std::uint64_t{0});
  trial.reconnects = json.at("reconnects");
  trial.resent = json.value("resent", std::uint64_t{0});
  trial.statuses = statuses_from_json(json.value("statuses", Json::object()));
  trial.bytes_in = json.at("bytes_in");
  trial.response_us = quantiles_from_json(json.at("response_us"));
  trial.service_us = quantiles_from_json(json.at("service_us"));
  trial.issue_delay_us = quantiles_from_json(json.at("issue_delay_us"));
  trial.db = database_from_json(json.at("db"));
  trial.cpu_us_per_request = cpu_from_json(json.at("cpu_us_per_request"));
  trial.disturbance = disturbance_from_json(json.at("disturbance"));
  for (const Json& second : json.at("seconds")) {
    trial.seconds.push_back(
        {.completed = second.at("completed"), .mean_response_us = second.at("mean_us")});
  }
  trial.verdict = {.valid = json.at("verdict").at("valid"),
                   .reasons = json.at("verdict").at("reasons"),
                   .disturbed = json.at("verdict").at("disturbed"),
                   .unsteady = json.at("verdict").value("unsteady", false),
                   .mishap = json.at("verdict").value("mishap", false)};
  trial.warmup_seconds = json.value("warmup_seconds", 0.0);
  if (json.contains("steps")) trial.steps = steps_from_json(json.at("steps"));
  if (json.contains("steady_state")) {
    trial.steady_state = steady_state_from_json(json.at("steady_state"));
  }
  const Json& limiter = json.at("limiter");
  trial.limiter = {.name = limiter.at("name"),
                   .confirmed = limiter.at("confirmed"),
                   .evidence = limiter.at("evidence")};
  if (json.contains("not_checked")) {
    for (const Json& figure : json.at("not_checked")) {
      trial.not_checked.push_back({figure.at("what"), figure.at("why")});
    }
  }
  trial.conditions = conditions_from_json(json.value("conditions", Json()));
  trial.events = events_from_json(json.value("events", Json()));
  trial.signals = signals_from_json(json.value("signals", Json()));
  return trial;
}

}  // namespace

Json to_json(const tally::Counts& counts) {
  return {{"scheduled", counts.scheduled}, {"issued", counts.issued},
          {"dropped", counts.dropped},     {"completed", counts.completed},
          {"failed", counts.failed()},     {"unfinished", counts.unfinished}};
}

Json failures_to_json(const tally::Counts& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < tally::failure_count; ++i) {
    object[std::string(to_text(static_cast<Failure>(i)))] = counts.failed_by[i];
  }
  return object;
}

Json statuses_to_json(const std::map<int, std::uint64_t>& statuses) {
  Json object = Json::object();
  for (const auto& [status, count] : statuses) object[std::to_string(status)] = count;
  return object;
}

Json to_json(const Quantiles& q) {
  return {{"mean", or_null(q.mean)}, {"p50", or_null(q.p50)}, {"p90", or_null(q.p90)},
          {"p95", or_null(q.p95)},   {"p99", or_null(q.p99)}, {"p999", or_null(q.p999)},
          {"max", or_null(q.max)}};
}

Json to_json(const Verdict& verdict) {
  return {{"valid", verdict.valid},
          {"reasons", verdict.reasons},
          {"disturbed", verdict.disturbed},
          {"unsteady", verdict.unsteady},
          {"mishap", verdict.mishap}};
}

Json to_json(const NotChecked& figure) {
  return {{"what", figure.what}, {"why", figure.why}};
}

Json to_json(const Limiter& limiter) {
  return {{"name", limiter.name}, {"confirmed", limiter.confirmed}, {"evidence", limiter.evidence}};
}

Json to_json(const Trial& trial) {
  Json json;
  json["label"] = trial.label;
  json["stack"] = trial.stack;
  json["vintage"] = trial.vintage;
  json["purpose"] = to_text(trial.purpose);
  json["block"] = trial.block;
  json["position"] = trial.position;
  json["seed"] = trial.seed;
  json["started_at"] = trial.started_at;
  json["workers"] = trial.workers;
  json["warmup_seconds"] = trial.warmup_seconds;
  json["counts"] = to_json(trial.total);
  json["failed_by"] = failures_to_json(trial.total);
  json["window"] = window_to_json(trial);
  json["throughput_per_s"] = trial.throughput_per_s;
  json["offered_per_s"] = trial.offered_per_s > 0 ? Json(trial.offered_per_s) : Json(nullptr);
  json["anomalies"] = {{"unasked_bytes", trial.unasked_bytes},
                       {"early_answers", trial.early_answers}};
  json["reconnects"] = trial.reconnects;
  json["resent"] = trial.resent;
  json["statuses"] = statuses_to_json(trial.statuses);
  json["bytes_in"] = trial.bytes_in;
  json["response_us"] = to_json(trial.response_us);
  json["service_us"] = to_json(trial.service_us);
  json["issue_delay_us"] = to_json(trial.issue_delay_us);
  json["db"] = to_json(trial.db);
  json["cpu_us_per_request"] = to_json(trial.cpu_us_per_request);
  json["disturbance"] = to_json(trial.disturbance);
  json["seconds"] = seconds_to_json(trial.seconds);
  json["steps"] = steps_to_json(trial.steps);
  json["steady_state"] = to_json(trial.steady_state);
  json["verdict"] = to_json(trial.verdict);
  json["limiter"] = to_json(trial.limiter);
  json["not_checked"] = list_to_json(trial.not_checked);
  json["conditions"] = to_json(trial.conditions);
  json["events"] = trial.conditions ? to_json(trial.events) : Json(nullptr);
  json["signals"] = to_json(trial.signals);
  return json;
}

Result<Trial> trial_from_json(std::string_view text) {
  try {
    return read_trial(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorKind::internal, std::string("a stored trial cannot be read: ") + error.what());
  }
}

std::string dump(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace unrig::record
