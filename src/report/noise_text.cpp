#include "report/noise_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace unrig::report {

std::optional<analysis::Row> with_disturbed_figures(const analysis::Row& row) {
  if (!row.disturbed || row.is_double || !row.as_claimed) return std::nullopt;
  analysis::Row shown = row;
  shown.throughput_per_s = row.disturbed->throughput_per_s;
  shown.ratio = shown.ratio_together = row.disturbed->ratio;
  shown.p50_us = row.disturbed->p50_us;
  shown.p99_us = row.disturbed->p99_us;
  shown.sessions_max = row.disturbed->sessions_max;
  shown.cpu_us_per_request = row.disturbed->cpu_us_per_request;
  shown.limiter = row.disturbed->limiter;
  return shown;
}

std::string disturbed_note(const record::Manifest& manifest, std::span<const analysis::Row> rows) {
  std::string text;
  if (std::ranges::any_of(rows, [](const auto& row) {
        return row.disturbed.has_value() || row.disturbed_ratio.has_value();
      })) {
    text +=
        "~ of disturbed trials: ranks nothing, and the interval allows for all the CPU time that "
        "others took\n";
  }
  if (std::ranges::any_of(rows, [](const auto& row) { return row.accepted_trials > 0; })) {
    text += fmt::format("disturbed trials count in this run ({}); their reasons are below\n",
                        manifest.accept_noise
                            ? "--accept-noise"
                            : fmt::format("a search: others took less than {:g} % of the CPU time",
                                          manifest.tolerated_loss * 100));
  }
  return text;
}

std::string noise_advice(const record::Run& run) {
  std::string text;
  for (const auto& line : analysis::advice_after(run)) text += "help: " + printable(line) + "\n";
  return text;
}

}  // namespace unrig::report
