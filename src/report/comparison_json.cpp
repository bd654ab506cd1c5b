#include "report/comparison_json.h"

#include <algorithm>

#include "report/run_json.h"

namespace unrig::report {
namespace {

using record::Json;
using record::or_null;

/// What is said of two cells, whatever run they are of.
void add_findings(Json& json, const analysis::Comparison& c) {
  json["ratio"] = to_json(c.ratio);
  json["ratio_together"] = to_json(c.ratio_together);
  json["smallest_difference"] = or_null(stats::relative_half_width(c.ratio_together));
  json["ratio_comparable"] = or_null(c.ratio_comparable);
  json["statements_per_request"] = {{"a", or_null(c.a.statements)}, {"b", or_null(c.b.statements)}};
  json["equal_work"] = or_null(c.equal_work);
  json["seen"] = to_json(c.seen);
  json["neighbours"] = to_json(c.likeness);
  json["p99_beyond_throughput"] = to_json(c.p99_beyond);
  json["p50_ratio"] = to_json(c.p50_ratio);
  json["p99_ratio"] = to_json(c.p99_ratio);
  json["blocks"] = c.blocks;
  json["verdict"] = analysis::verdict_text(c);
  json["standing"] = analysis::standing_text(c);
  json["noise_floor"] = c.noise_floor ? to_json(*c.noise_floor) : Json(nullptr);
  json["limiter"] = {{"a", limiter_json(c.a)}, {"b", limiter_json(c.b)}};
  json["throughput_per_s"] = {{"a", to_json(c.a.throughput_per_s)},
                              {"b", to_json(c.b.throughput_per_s)}};
  json["trials"] = {{"a", c.a.trials}, {"b", c.b.trials}};
  json["valid_trials"] = {{"a", c.a.valid_trials}, {"b", c.b.valid_trials}};
  json["accepted_trials"] = {{"a", c.a.accepted_trials}, {"b", c.b.accepted_trials}};
  json["disturbed_ratio"] = c.disturbed_ratio ? to_json(*c.disturbed_ratio) : Json(nullptr);
  json["advice"] = c.advice;
  json["note"] = {{"a", c.a.cell.note}, {"b", c.b.cell.note}};
  json["reasons"] = {{"a", c.a.reasons}, {"b", c.b.reasons}};
  json["not_checked"] = {{"a", not_checked_json(c.a)}, {"b", not_checked_json(c.b)}};
  json["unproven"] = {{"a", c.a.unproven}, {"b", c.b.unproven}};
}

}  // namespace

Json comparison_json(const analysis::Comparison& comparison, const record::Manifest& manifest) {
  Json json;
  json["schema"] = "unrig.compare/1";
  json["a"] = comparison.a.cell.label;
  json["b"] = comparison.b.cell.label;
  json["run"] = manifest.run;
  json["paired"] = true;
  json["metric"] = "throughput";
  json["margin"] = comparison.margin;
  add_findings(json, comparison);
  json["gates"] = record::to_json(comparison.gates);
  json["sentence"] = comparison.sentence;
  return json;
}

Json comparison_json(const analysis::RunComparison& comparison, const std::string& a,
                     const std::string& b, double margin) {
  Json json;
  json["schema"] = "unrig.compare/1";
  json["a"] = a;
  json["b"] = b;
  json["paired"] = false;
  json["metric"] = "throughput";
  json["margin"] = margin;
  // With one cell there is one ratio, and it stands where that of two stacks does.
  if (comparison.cells.size() == 1) add_findings(json, comparison.cells.front());
  json["forced"] = std::any_of(comparison.differences.begin(), comparison.differences.end(),
                               [](const auto& difference) { return difference.bars; });
  json["differences"] = Json::array();
  for (const auto& difference : comparison.differences) {
    json["differences"].push_back({{"what", difference.what},
                                   {"a", difference.a},
                                   {"b", difference.b},
                                   {"bars", difference.bars}});
  }
  json["cells"] = Json::array();
  for (const auto& c : comparison.cells) {
    Json cell;
    cell["label"] = c.a.cell.label;
    cell["stack"] = c.a.cell.stack;
    cell["vintage"] = c.a.cell.vintage;
    add_findings(cell, c);
    cell["sentence"] = c.sentence;
    json["cells"].push_back(std::move(cell));
  }
  json["sentence"] = comparison.sentence;
  return json;
}

}  // namespace unrig::report
