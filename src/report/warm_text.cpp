#include "report/warm_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/plural.h"

namespace unrig::report {
namespace {

/// Of one cell's trials. There is one at least.
std::string line_of(const std::string& label, const std::vector<const record::WarmUp*>& trials) {
  const auto by_seconds = [](const record::WarmUp* each) { return each->seconds; };
  const auto [least, most] = std::ranges::minmax(trials, {}, by_seconds);
  const auto changing = std::ranges::count(trials, false, &record::WarmUp::held);
  const std::string range = least->seconds == most->seconds
                                ? fmt::format("{:g}", most->seconds)
                                : fmt::format("{:g} to {:g}", least->seconds, most->seconds);
  std::string text =
      fmt::format("  {}: {} s more in {}", label, range, counted(std::ssize(trials), "trial"));
  if (changing > 0) text += fmt::format("; in {} of them it did not hold by then", changing);
  return text + "\n";
}

}  // namespace

std::string warm_text(const record::Run& run) {
  std::string lines;
  for (const auto& cell : run.manifest.cells) {
    std::vector<const record::WarmUp*> trials;
    for (const auto& trial : run.trials) {
      if (trial.label == cell.label && trial.warmed) trials.push_back(&*trial.warmed);
    }
    if (!trials.empty()) lines += line_of(cell.label, trials);
  }
  return lines.empty() ? "" : "Warmed up until the level held:\n" + lines;
}

}  // namespace unrig::report
