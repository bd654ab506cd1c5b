#include "report/run_json.h"

#include <cmath>

#include "analysis/audits.h"
#include "analysis/changes.h"
#include "analysis/grid.h"
#include "analysis/machine.h"
#include "analysis/tuning.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

using record::Json;
using record::or_null;

Json figure(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json disturbed_json(const std::optional<analysis::DisturbedFigures>& figures) {
  if (!figures) return nullptr;
  return {{"trials", figures->trials},
          {"throughput_per_s", to_json(figures->throughput_per_s)},
          {"ratio", to_json(figures->ratio)},
          {"p50_us", to_json(figures->p50_us)},
          {"p99_us", to_json(figures->p99_us)},
          {"cpu_us_per_request", or_null(figures->cpu_us_per_request)},
          {"limiter", record::to_json(figures->limiter)}};
}

Json cell_json(const analysis::Row& row) {
  Json json;
  json["stack"] = row.cell.stack;
  json["label"] = row.cell.label;
  json["framework"] = row.cell.framework;
  json["server"] = row.cell.server;
  // Of a URL nobody knows them.
  json["concurrency"] = row.cell.concurrency.empty() ? Json() : Json(row.cell.concurrency);
  json["vintage"] = row.cell.vintage;
  json["note"] = row.cell.note;
  json["workers"] = row.cell.workers > 0 ? Json(row.cell.workers) : Json();
  json["knobs"] = record::to_json(row.cell.knobs);
  json["own_request"] = row.cell.own_request.empty() ? Json(nullptr) : Json(row.cell.own_request);
  json["role"] = record::to_text(row.cell.role);
  json["trials"] = row.trials;
  json["valid_trials"] = row.valid_trials;
  json["accepted_trials"] = row.accepted_trials;
  json["disturbed"] = disturbed_json(row.disturbed);
  json["failure"] = row.cell.failure.empty() ? Json(nullptr) : Json(row.cell.failure);
  json["reasons"] = row.reasons;
  json["not_checked"] = not_checked_json(row);
  json["unproven"] = row.unproven;
  json["claims"] = Json::array();
  for (const auto& claim : row.cell.claims) json["claims"].push_back(record::to_json(claim));
  json["audit"] = record::to_json(row.cell.audit);
  json["throughput_per_s"] = to_json(row.throughput_per_s);
  json["ratio"] = to_json(row.ratio);
  json["ratio_together"] = to_json(row.ratio_together);
  json["smallest_difference"] = or_null(row.smallest_difference);
  json["ratio_comparable"] = or_null(row.ratio_comparable);
  json["disturbed_ratio"] = row.disturbed_ratio ? to_json(*row.disturbed_ratio) : Json(nullptr);
  json["seen"] = to_json(row.seen);
  json["statements_per_request"] = or_null(row.statements);
  json["equal_work"] = or_null(row.equal_work);
  json["later"] = row.later ? Json{{"usual_seconds", row.later->usual_seconds},
                                   {"later_seconds", row.later->later_seconds},
                                   {"ratio", row.later->ratio},
                                   {"steady", row.later->steady}}
                            : Json(nullptr);
  json["leak"] = row.leak ? Json{{"trials", row.leak->trials},
                                 {"low_bytes", row.leak->low_bytes},
                                 {"high_bytes", row.leak->high_bytes}}
                          : Json(nullptr);
  json["p50_us"] = to_json(row.p50_us);
  json["p50_missing"] = row.p50_missing.empty() ? Json(nullptr) : Json(row.p50_missing);
  json["p99_missing"] = row.p99_missing.empty() ? Json(nullptr) : Json(row.p99_missing);
  json["p50_ratio"] = to_json(row.p50_ratio);
  json["p99_us"] = to_json(row.p99_us);
  json["p99_ratio"] = to_json(row.p99_ratio);
  json["db_sessions"] = {{"max", or_null(row.sessions_max)},
                         {"mean", or_null(row.sessions_mean)},
                         {"ratio", to_json(row.sessions_ratio)}};
  json["cpu_us_per_request"] = or_null(row.cpu_us_per_request);
  json["rank"] =
      row.ranked() ? Json{{"low", row.rank.low}, {"high", row.rank.high}} : Json(nullptr);
  json["tie_group"] = row.ranked() ? Json(row.tie_group) : Json(nullptr);
  json["verdict"] = stats::to_text(row.standing);
  json["limiter"] = limiter_json(row);
  return json;
}

Json tuning_json(const analysis::Tuning& tuning) {
  const auto range = [](const analysis::WorkerRange& workers) {
    return Json{{"low", workers.low}, {"high", workers.high}};
  };
  return {{"stack", tuning.stack},
          {"knob", tuning.knob},
          {"own", tuning.own},
          {"best", tuning.best},
          {"tried", range(tuning.tried)},
          {"gain", to_json(tuning.gain)},
          {"gain_blocks", tuning.gain_blocks},
          {"gain_is_fresh", tuning.gain_is_fresh},
          {"margin", tuning.margin},
          {"no_difference", tuning.no_difference ? range(*tuning.no_difference) : Json(nullptr)},
          {"sure", tuning.sure},
          {"confidence", tuning.confidence}};
}

Json changes_json(const analysis::Changes& found) {
  if (found.changes.empty()) return nullptr;
  Json changes = Json::array();
  for (const auto& change : found.changes) {
    changes.push_back({{"label", change.label},
                       {"knobs", record::to_json(change.knobs)},
                       {"throughput_ratio", to_json(change.throughput)},
                       {"p50_ratio", to_json(change.p50)},
                       {"cpu_ratio", to_json(change.cpu)},
                       {"verdict", stats::to_text(change.standing)}});
  }
  return {{"of", found.of}, {"confidence", found.confidence}, {"changes", changes}};
}

Json grid_json(const analysis::Grid& grid) {
  Json settings = Json::array();
  for (const auto& setting : grid.settings) {
    Json ratios = Json::array();
    for (const auto& line : setting.ratios) {
      ratios.push_back(
          {{"label", line.label},
           {"name", line.name},
           {"ratio", to_json(line.ratio)},
           {"verdict", line.standing ? Json(stats::to_text(*line.standing)) : nullptr}});
    }
    settings.push_back({{"knobs", record::to_json(setting.knobs)}, {"ratios", ratios}});
  }
  return {{"knobs", grid.knobs},
          {"beside", grid.beside},
          {"confidence", grid.confidence},
          {"settings", settings}};
}

Json machine_json(const record::Manifest& manifest) {
  Json list = Json::array();
  for (const auto& [finding, labels, holds_for_all] : analysis::machine_findings(manifest)) {
    list.push_back(record::to_json(finding));
    list.back()["labels"] = labels;
  }
  return list;
}

}  // namespace

Json limiter_json(const analysis::Row& row) {
  Json json = record::to_json(row.limiter);
  json["elasticities"] = Json::array();
  for (const auto& each : row.elasticities) {
    const auto& change = each.change;
    json["elasticities"].push_back(
        {{"suspect", change.suspect},
         {"knob", change.knob.empty() ? Json(nullptr) : Json(change.knob)},
         {"from", change.knob.empty() ? Json(nullptr) : Json(change.from)},
         {"to", change.knob.empty() ? Json(nullptr) : Json(change.to)},
         {"elasticity", to_json(each.elasticity)},
         {"blocks", each.blocks},
         {"verdict", analysis::to_text(each.proof)},
         {"not_checked", each.why_not.empty() ? Json(nullptr) : Json(each.why_not)}});
  }
  return json;
}

Json to_json(const std::optional<stats::Likeness>& likeness) {
  if (!likeness) return nullptr;
  return {{"found", likeness->found},
          {"correlation", likeness->correlation},
          {"conclusive", likeness->conclusive}};
}

Json to_json(const std::optional<analysis::Seen>& seen) {
  if (!seen) return nullptr;
  return {{"runs", seen->runs}, {"low", seen->low}, {"high", seen->high}, {"above", seen->above}};
}

Json to_json(const stats::Estimate& e) {
  return {{"estimate", figure(e.estimate)},
          {"low", e.low ? figure(*e.low) : Json(nullptr)},
          {"high", e.high ? figure(*e.high) : Json(nullptr)},
          {"confidence", e.confidence}};
}

Json not_checked_json(const analysis::Row& row) {
  Json list = Json::array();
  for (const auto& figure : row.not_checked) list.push_back(record::to_json(figure));
  return list;
}

Json run_json(const record::Run& run, const analysis::Summary& summary) {
  Json json = run_json_without_trials(run, summary);
  json["trials"] = Json::array();
  for (const auto& trial : run.trials) json["trials"].push_back(record::to_json(trial));
  return json;
}

Json run_json_without_trials(const record::Run& run, const analysis::Summary& summary) {
  Json json;
  json["schema"] = "unrig.run/1";
  const Json manifest = record::to_json(run.manifest);
  for (const auto& [name, value] : manifest.items()) {
    if (name != "cells") json[name] = value;
  }
  json["cells"] = Json::array();
  for (const auto& row : summary.rows) json["cells"].push_back(cell_json(row));
  json["findings"] = analysis::audits_of(run.manifest.cells).findings;
  json["machine"] = machine_json(run.manifest);
  json["intervals"] = {{"of", "this run"},
                       {"together", summary.compared_rows},
                       {"neighbours", to_json(summary.likeness)},
                       {"unseen_window_seconds", or_null(summary.unseen_window_seconds)}};
  json["noise_floor"] = nullptr;
  if (summary.noise_floor) {
    json["noise_floor"] = {{"label", record::double_of_baseline(run.manifest)->label},
                           {"ratio", to_json(summary.noise_floor->ratio)},
                           {"trial_spread", summary.noise_floor->trial_spread}};
  }
  const auto tuning = analysis::tuning_of(run, summary);
  if (tuning) json["tuning"] = tuning_json(*tuning);
  const auto grid = analysis::grid_of(run, summary);
  json["grid"] = grid ? grid_json(*grid) : Json(nullptr);
  json["changes"] = changes_json(analysis::changes_of(run));
  json["gates"] = record::to_json(summary.gates);
  json["advice"] = analysis::advice_after(run);
  json["sentence"] = answer_of(run, summary);
  return json;
}

}  // namespace unrig::report
