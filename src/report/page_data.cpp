#include "report/page_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "analysis/audits.h"
#include "analysis/comparison.h"
#include "analysis/figures.h"
#include "analysis/noise.h"
#include "analysis/ratios.h"
#include "analysis/robustness.h"
#include "base/base64.h"
#include "base/deflate.h"
#include "base/plural.h"
#include "base/text.h"
#include "report/comparison_json.h"
#include "report/gates_text.h"
#include "report/machine_text.h"
#include "report/run_json.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

using record::Json;

Json lines_of(const std::string& text) {
  Json lines = Json::array();
  for (const auto& line : split(text, '\n')) lines.push_back(line);
  return lines;
}

/// The ranked rows by their place in the manifest, the best first.
std::vector<std::size_t> ranked_cells(const record::Run& run, const analysis::Summary& summary) {
  std::vector<std::size_t> cells;
  for (const auto& row : summary.rows) {
    if (row.ranked()) cells.push_back(analysis::index_of(run, row.cell.label));
  }
  return cells;
}

/// Whoever chooses a baseline has seen the table: so the intervals of all pairs hold together.
Json pairs_json(const analysis::Ratios& ratios, const std::vector<std::size_t>& cells) {
  Json pairs = Json::array();
  for (const auto& pair : ratios.all_pairs(cells)) {
    pairs.push_back(
        {{"a", pair.a}, {"b", pair.b}, {"ratio", to_json(pair.ratio)}, {"differs", pair.differs}});
  }
  return pairs;
}

Json robustness_json(const std::optional<analysis::Robustness>& robustness) {
  if (!robustness) return nullptr;
  Json without = Json::array();
  for (const auto& one : robustness->without) {
    without.push_back({{"block", one.block}, {"ratio", to_json(one.ratio)}, {"same", one.same}});
  }
  return {{"first", robustness->first},
          {"second", robustness->second},
          {"fresh", robustness->fresh},
          {"ratio", to_json(robustness->ratio)},
          {"without", without},
          {"stands", robustness->stands},
          {"sentence", robustness->sentence}};
}

Json gates_json(const std::vector<record::JudgedGate>& gates) {
  Json json = Json::array();
  for (const auto& gate : gates) {
    json.push_back({{"title", gate_title(gate)},
                    {"figure", gate_figure(gate)},
                    {"outcome", to_text(gate.outcome)},
                    {"why", gate.why}});
  }
  return json;
}

Json audit_json(const std::vector<record::Cell>& cells) {
  const analysis::Audits audits = analysis::audits_of(cells);
  Json columns = Json::array();
  for (const auto& column : audits.columns) {
    Json values = Json::array();
    for (const auto& value : column.values) {
      values.push_back(value ? Json{{"text", value->text}, {"differs", value->differs}} : Json());
    }
    columns.push_back({{"name", column.name}, {"values", values}});
  }
  Json unread = Json::array();
  for (const auto& [why, labels] : audits.not_checked) {
    unread.push_back({{"why", why}, {"labels", labels}});
  }
  return {{"labels", audits.labels},
          {"columns", columns},
          {"findings", audits.findings},
          {"not_checked", unread}};
}

Json times_json(const std::map<std::string, record::Histograms>& times) {
  Json json = Json::object();
  for (const auto& [label, packed] : times) {
    json[label] = {{"response", to_base64(packed.response)},
                   {"service", to_base64(packed.service)},
                   {"issue_delay", to_base64(packed.issue_delay)}};
  }
  return json;
}

/// "sure" where one is the fastest at 95 %.
std::string verdict_of(const analysis::Summary& summary,
                       const std::optional<analysis::Robustness>& robustness) {
  if (summary.rows.empty() || !summary.rows.front().ranked()) return "invalid";
  if (!robustness || robustness->lead != analysis::Lead::ahead) return "undecided";
  const auto others = std::ranges::count_if(summary.rows, [&](const analysis::Row& row) {
    return row.ranked() && row.rank.low == 1 && row.throughput_per_s.low &&
           row.cell.label != robustness->first && row.cell.label != robustness->second;
  });
  return others == 0 ? "sure" : "undecided";
}

/// Of the trials that the table's rows are made of.
Json cpu_json(const record::Run& run, const std::string& label) {
  using Cpu = record::CpuPerRequest;
  const std::pair<const char*, std::optional<double> Cpu::*> parts[] = {
      {"load", &Cpu::load},     {"proxy", &Cpu::proxy},       {"app", &Cpu::app},
      {"pooler", &Cpu::pooler}, {"database", &Cpu::database}, {"unattributed", &Cpu::unattributed}};
  Json json{{"label", label}};
  for (const auto& [name, part] : parts) {
    std::vector<double> values;
    for (const auto* trial : analysis::valid_trials(run, label)) {
      if (const auto& value = trial->cpu_us_per_request.*part) values.push_back(*value);
    }
    json[name] = values.empty() ? Json() : Json(stats::mean(values));
  }
  return json;
}

/// What the machine and its other guests do to the figures, as far as it was seen.
Json hazards_json(const record::Run& run) {
  Json hazards = Json::array();
  if (const auto noise = analysis::noise_of(run); noise.disturbed > 0) {
    hazards.push_back(
        fmt::format("{} disturbed: {}", counted(noise.disturbed, "trial"), noise.text));
  }
  double steal = 0, foreign = 0;
  for (const auto& trial : run.trials) {
    steal = std::max(steal, trial.disturbance.steal.value_or(0));
    foreign = std::max(foreign, trial.disturbance.foreign.value_or(0));
  }
  const auto& host = run.manifest.host;
  if (!host.virtualization.empty() && host.virtualization != "none") {
    hazards.push_back(fmt::format(
        "a virtual machine ({}): other guests of its host take CPU time, up to {:.1f} % within a "
        "trial",
        host.virtualization, steal * 100));
  }
  if (foreign >= 0.001) {
    hazards.push_back(
        fmt::format("other programs used up to {:.1f} % of the CPU within a trial", foreign * 100));
  }
  for (const auto& line : machine_lines(run.manifest)) hazards.push_back(line);
  return hazards;
}

Json run_data(const Reported& reported) {
  const record::Run& run = *reported.run;
  const analysis::Summary& summary = *reported.summary;
  const auto ranked = ranked_cells(run, summary);
  const analysis::Ratios throughputs(run, analysis::throughput);
  Json json;
  json["record"] = run_json_without_trials(run, summary);
  // Beyond 2^53 a browser knows no whole numbers.
  json["record"]["seed"] = std::to_string(run.manifest.seed);
  json["answer"] = answer_of(run, summary);
  json["heading"] = lines_of(std::string(trim(run_heading(run.manifest))));
  json["notes"] = lines_of(std::string(trim(run_notes(run, summary))));
  json["repeat"] = repeat_command(run.manifest);
  json["hashes"] = Json::array();
  for (const auto& cell : run.manifest.cells) {
    json["hashes"].push_back({{"label", cell.label}, {"stack", cell.hash}, {"lock", cell.lock}});
  }
  json["ranked"] = Json::array();
  for (const std::size_t cell : ranked) json["ranked"].push_back(run.manifest.cells[cell].label);
  json["pairs"] = pairs_json(throughputs, ranked);
  json["chances"] = throughputs.rank_chances(ranked);
  const auto robustness = analysis::robustness_of(run, summary);
  json["robustness"] = robustness_json(robustness);
  json["gates"] = gates_json(summary.gates);
  json["verdict"] = verdict_of(summary, robustness);
  json["hazards"] = hazards_json(run);
  json["cpu"] = Json::array();
  for (const std::size_t cell : ranked) {
    json["cpu"].push_back(cpu_json(run, run.manifest.cells[cell].label));
  }
  json["audit"] = audit_json(run.manifest.cells);
  json["times"] = times_json(reported.times);
  // What perturbations showed is in the record.
  std::vector<record::Trial> shown;
  std::ranges::copy_if(run.trials, std::back_inserter(shown), [](const record::Trial& trial) {
    return trial.purpose != record::Purpose::perturbation;
  });
  json["trials"] = to_base64(deflated(record::dump(trial_columns(shown))));
  return json;
}

/// Six digits are more than any figure of a trial deserves.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

void round_all(Json& json) {
  if (json.is_number_float()) json = rounded(json.get<double>());
  if (json.is_structured()) {
    for (auto& value : json) round_all(value);
  }
}

Json seconds_columns(const std::vector<tally::Stretch>& seconds) {
  Json completed = Json::array();
  Json mean_us = Json::array();
  for (const auto& second : seconds) {
    completed.push_back(second.completed);
    mean_us.push_back(std::llround(second.mean_response_us));
  }
  return {completed, mean_us};
}

/// Objects by the paths of what is in them; what has keys of its own in each trial stays whole.
void flatten(const std::string& path, Json&& json, std::map<std::string, Json>& leaves) {
  if (!json.is_object() || path == "statuses") {
    leaves[path] = std::move(json);
    return;
  }
  for (auto& [name, value] : json.items()) {
    flatten(path.empty() ? name : fmt::format("{}.{}", path, name), std::move(value), leaves);
  }
}

}  // namespace

Json trial_columns(std::span<const record::Trial> trials) {
  std::map<std::string, Json> columns;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    Json json = record::to_json(trials[i]);
    json.erase("steps");
    json["limiter"].erase("suspects");  // those of the cells are in the record
    json["seed"] = std::to_string(trials[i].seed);
    round_all(json);
    json["seconds"] = seconds_columns(trials[i].seconds);
    std::map<std::string, Json> leaves;
    flatten("", std::move(json), leaves);
    for (auto& [path, value] : leaves) {
      Json& column = columns.try_emplace(path, Json::array()).first->second;
      while (column.size() < i) column.push_back(nullptr);
      column.push_back(std::move(value));
    }
  }
  Json json = Json::object();
  for (auto& [path, column] : columns) {
    while (column.size() < trials.size()) column.push_back(nullptr);
    const bool same = std::ranges::all_of(column, [&](const Json& v) { return v == column[0]; });
    json[path] = same ? Json{{"all", column[0]}} : std::move(column);
  }
  return {{"count", trials.size()}, {"columns", json}};
}

std::string repeat_command(const record::Manifest& manifest) {
  std::vector<std::string> words;
  bool seeded = false;
  for (const auto& word : manifest.command_line) {
    words.push_back(shell_word(words.empty() ? "unrig" : word));
    seeded = seeded || word == "--seed" || word.starts_with("--seed=");
  }
  if (!seeded && !words.empty()) words.push_back(fmt::format("--seed {}", manifest.seed));
  return join(words, " ");
}

Json page_data(std::span<const Reported> runs) {
  Json json{{"schema", "unrig.report/1"}, {"runs", Json::array()}, {"comparisons", Json::array()}};
  for (const auto& reported : runs) json["runs"].push_back(run_data(reported));
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const record::Run& first = *runs.front().run;
    const record::Run& later = *runs[i].run;
    const double margin = later.manifest.margin;
    const auto comparison = analysis::compare_runs(later, first, margin);
    json["comparisons"].push_back(
        comparison_json(comparison, later.manifest.run, first.manifest.run, margin));
  }
  return json;
}

}  // namespace unrig::report
