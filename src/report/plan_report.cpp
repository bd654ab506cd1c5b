#include "report/plan_report.h"

#include <fmt/format.h>

#include "base/plural.h"
#include "base/text.h"
#include "plan/perturbation.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

std::vector<std::string> labels_of(const Planned& planned, const experiment::Block& block) {
  std::vector<std::string> labels;
  for (const std::size_t cell : block.cells)
    labels.push_back(plan::label_at(planned.manifest, cell));
  return labels;
}

std::string origin(const experiment::Cost& cost) {
  if (cost.trials == 0) return "assumed: there is no earlier trial here";
  return fmt::format("from {} earlier trials here", cost.trials);
}

std::string blocks_text(const Planned& planned) {
  std::string text;
  for (const auto& block : planned.forecast.planned) {
    text += fmt::format("block {:<3} {}\n", block.number, join(labels_of(planned, block), ", "));
  }
  if (planned.manifest.blocks == 0) {
    text += "          more blocks of what is not precise enough by then\n";
  }
  const auto& manifest = planned.manifest;
  if (const int least = planned.forecast.confirming; least > 0) {
    const int most = manifest.confirmation_blocks.value_or(least);
    text += manifest.confirms_until_precise && most > least
                ? fmt::format(
                      "          {} to {} fresh blocks of the fastest two, until their "
                      "ratio is precise enough\n",
                      least, most)
                : fmt::format("          {} fresh blocks of the fastest two\n", least);
  }
  if (planned.forecast.perturbing > 0) {
    text += fmt::format(
        "          {} in which limiters are put to the test, by changes that follow from the "
        "trials "
        "before\n",
        counted(planned.forecast.perturbing, "block"));
  }
  if (manifest.accept_noise) {
    return text + "          trials that others disturb count, and are marked\n";
  }
  text += "          and at most two more trials of a stack in place of disturbed ones\n";
  if (manifest.patience_seconds <= 0) return text;
  return text + fmt::format("          waits up to {} in all while others keep this machine busy\n",
                            human(from_seconds(manifest.patience_seconds)));
}

}  // namespace

std::string plan_text(const Planned& planned) {
  const auto& [manifest, forecast, cost, budget, searches] = planned;
  const Duration load = from_seconds(manifest.warmup_seconds + manifest.duration_seconds);
  std::string text = run_heading(manifest) + "\n";
  for (const auto& search : searches) {
    text += fmt::format(
        "before    a search for {}, 40 s at most, unless its number is stored; the "
        "rule of thumb stands in here\n",
        printable(search));
  }
  if (forecast.looks > 0) {
    text += fmt::format("before    {} at stacks, {} each\n", counted(forecast.looks, "look"),
                        human(cost.look));
  }
  text += printable(blocks_text(planned));
  text += fmt::format(
      "\nabout {}{}: {} of {} and {} between two ({})\n"
      "about {} KiB more in the store; environments that are missing are made before\n"
      "nothing was started; --seed {} gives this order\n",
      human(forecast.duration), manifest.blocks == 0 ? " at least" : "",
      counted(forecast.trials, "trial"), human(load), human(cost.between), origin(cost),
      (forecast.disk_bytes + 1023) / 1024, manifest.seed);
  if (budget) text += fmt::format("no trial begins after {}\n", human(*budget));
  return text;
}

record::Json plan_json(const Planned& planned) {
  const auto& [manifest, forecast, cost, budget, searches] = planned;
  record::Json json{{"schema", "unrig.plan/1"},
                    {"seed", manifest.seed},
                    {"scenario", record::to_json(manifest).at("scenario")},
                    {"baseline", manifest.baseline},
                    {"warmup_seconds", manifest.warmup_seconds},
                    {"duration_seconds", manifest.duration_seconds}};
  json["cells"] = record::Json::array();
  for (const auto& cell : manifest.cells) {
    json["cells"].push_back({{"label", cell.label},
                             {"stack", cell.stack},
                             {"vintage", cell.vintage},
                             {"workers", cell.workers},
                             {"knobs", record::to_json(cell.knobs)},
                             {"role", record::to_text(cell.role)}});
  }
  json["searches"] = searches;
  json["blocks"] = record::Json::array();
  for (const auto& block : forecast.planned) {
    json["blocks"].push_back({{"block", block.number}, {"order", labels_of(planned, block)}});
  }
  json["fixed_number_of_blocks"] = manifest.blocks > 0;
  json["confirmation_blocks"] = forecast.confirming;
  json["confirmation_blocks_most"] =
      forecast.confirming == 0 ? 0 : manifest.confirmation_blocks.value_or(forecast.confirming);
  json["perturbation_blocks"] = forecast.perturbing;
  json["patience_seconds"] = manifest.patience_seconds;
  json["accept_noise"] = manifest.accept_noise;
  json["accept_unproven"] = manifest.accept_unproven;
  json["trials"] = forecast.trials;
  json["expected_seconds"] = seconds(forecast.duration);
  json["expected_disk_bytes"] = forecast.disk_bytes;
  json["budget_seconds"] = budget ? record::Json(seconds(*budget)) : record::Json(nullptr);
  json["cost"] = {{"between_trials_seconds", seconds(cost.between)},
                  {"look_seconds", seconds(cost.look)},
                  {"record_bytes", cost.record_bytes},
                  {"from_trials", cost.trials}};
  return json;
}

}  // namespace unrig::report
