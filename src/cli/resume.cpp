#include "cli/resume.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/tuning.h"

namespace unrig::cli {
namespace {

Result<> same(const std::string& what, const std::string& then, const std::string& now) {
  if (then == now) return {};
  return fail(ErrorKind::usage,
              fmt::format("the run cannot go on: {} was {} and is now {}", what, then, now),
              "measure a new run");
}

}  // namespace

RunOptions options_of(const record::Manifest& stored, RunOptions given) {
  given.stacks.clear();
  given.all = false;
  given.noise_floor = false;
  given.tune = analysis::is_tuning(stored);
  given.workers.clear();
  if (given.tune) {
    for (const auto& cell : stored.cells) given.workers.push_back(cell.workers);
  }
  for (const auto& cell : stored.cells) {
    const std::string name = cell.stack + "@" + cell.vintage;
    const bool again =
        std::find(given.stacks.begin(), given.stacks.end(), name) != given.stacks.end();
    if (again) {
      given.noise_floor = !given.tune;
    } else {
      given.stacks.push_back(name);
    }
  }
  given.scenario = stored.scenario;
  given.baseline = given.tune ? "" : stored.baseline;
  given.set.clear();
  for (const auto& [knob, value] : stored.knobs) given.set.push_back(knob + "=" + value);
  given.blocks = stored.blocks;
  given.precision = stored.precision;
  given.margin = stored.margin;
  given.warmup = from_seconds(stored.warmup_seconds);
  given.duration = from_seconds(stored.duration_seconds);
  given.seed = stored.seed;
  return given;
}

Result<> check_same_ground(const record::Manifest& stored, const record::Manifest& now) {
  auto checked = same("the kernel", stored.host.kernel, now.host.kernel);
  if (checked) checked = same("the processor", stored.host.cpu_model, now.host.cpu_model);
  if (checked) {
    checked = same("the number of cores", std::to_string(stored.host.cores),
                   std::to_string(now.host.cores));
  }
  for (std::size_t i = 0; checked && i < stored.cells.size(); ++i) {
    const auto& then = stored.cells[i];
    const auto& here = now.cells[i];
    checked = same("the stack " + then.label, then.hash, here.hash);
    if (checked) checked = same("the lock of " + then.label, then.lock, here.lock);
    if (checked) {
      checked = same("the number of workers of " + then.label, std::to_string(then.workers),
                     std::to_string(here.workers));
    }
  }
  return checked;
}

}  // namespace unrig::cli
