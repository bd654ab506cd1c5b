#include "report/load_json.h"

#include "base/text.h"
#include "report/load_times.h"

namespace unrig::report {
namespace {

using record::Json;

Json generator_json(const record::LoadRun& run) {
  const auto& generator = run.generator;
  return {{"cpu_s", unrig::seconds(generator.cpu)},
          {"cpu_us_per_request",
           run.throughput_per_s > 0 ? Json(run.cpu_us_per_request()) : Json(nullptr)},
          {"threads", generator.threads},
          {"threads_asked", run.threads_asked},
          {"backend", generator.backend},
          {"backend_note", generator.backend_note},
          {"timer_note", generator.timer_note},
          {"involuntary_switches", generator.involuntary_switches},
          {"longest_stall_us", microseconds(generator.longest_stall)},
          {"queue_wait_s",
           generator.queue_wait ? Json(unrig::seconds(*generator.queue_wait)) : Json(nullptr)},
          {"throttled_s",
           generator.throttling ? Json(unrig::seconds(generator.throttling->held)) : Json(nullptr)},
          {"steal", generator.steal ? Json(*generator.steal) : Json(nullptr)},
          {"cores", generator.cores ? Json(*generator.cores) : Json(nullptr)},
          {"read_delay_us", to_json(run.read_delay_us)},
          {"source_addresses", generator.source_addresses},
          {"lateness_us", to_json(run.lateness_us)}};
}

Json samples_json(const std::vector<tally::Sample>& samples) {
  Json list = Json::array();
  for (const tally::Sample& sample : samples) {
    Json entry{{"failure", to_text(sample.failure)}, {"text", printable(sample.text)}};
    if (sample.status > 0) entry["status"] = sample.status;
    list.push_back(std::move(entry));
  }
  return list;
}

Json expectation_json(const http::Expectation& expect) {
  Json members = Json::array();
  for (const http::Member& member : expect.members) members.push_back(to_text(member));
  return {{"status", expect.status},
          {"length", expect.length ? Json(to_text(*expect.length)) : Json(nullptr)},
          {"json", std::move(members)}};
}

}  // namespace

Json load_json(const record::LoadRun& run) {
  Json json;
  json["schema"] = "unrig.load/1";
  json["url"] = run.url;
  json["loop"] = run.open ? "open" : "closed";
  json["connections"] = run.connections;
  json["seed"] = run.seed;
  json["expect"] = expectation_json(run.expect);
  json["counts"] = record::to_json(run.total);
  json["failed_by"] = record::failures_to_json(run.total);
  if (!run.sample_failure.empty()) json["sample_failure"] = run.sample_failure;
  json["samples"] = samples_json(run.samples);
  json["statuses"] = record::statuses_to_json(run.statuses);
  json["anomalies"] = {{"unasked_bytes", run.unasked_bytes},
                       {"early_answers", run.early_answers},
                       {"head_bodies", run.head_bodies}};
  json["reconnects"] = run.reconnects;
  json["resent"] = run.resent;
  json["window"] = {{"seconds", run.window_seconds}};
  json["window"].update(record::to_json(run.window));
  json["window"]["failed_by"] = record::failures_to_json(run.window);
  const bool has_window = run.window_seconds > 0;
  json["throughput_per_s"] = has_window ? Json(run.throughput_per_s) : Json(nullptr);
  if (run.open) json["offered_per_s"] = has_window ? Json(run.offered_per_s) : Json(nullptr);
  json["response_us"] = to_json(run.response_us);
  json["issue_delay_us"] = to_json(run.issue_delay_us);
  json["service_us"] = to_json(run.service_us);
  json["connect_us"] = to_json(run.connect_us);
  if (run.handshakes > 0) json["handshake_us"] = to_json(run.handshake_us);
  json["gap"] = to_json(run.gap);
  json["series"] = series_json(run);
  json["bytes_in"] = run.bytes_in;
  json["interrupted"] = run.interrupted;
  json["generator"] = generator_json(run);
  json["verdict"] = {{"valid", run.verdict.valid()},
                     {"reasons", run.verdict.reasons},
                     {"advice", run.verdict.advice}};
  json["gates"] = record::to_json(run.gates);
  return json;
}

}  // namespace unrig::report
