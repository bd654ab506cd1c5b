#include "report/ground_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace unrig::report {
namespace {

using analysis::Row;

constexpr double steady_state_seconds = 4;  // that steps of 100 ms need to show a change

/// "a, b: TEXT" with the labels of all that have the same text, in the order of the rows.
template <class Text>
std::string grouped(std::span<const Row> rows, const std::string& head, Text text_of) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const Row& row : rows) {
    const std::string text = text_of(row);
    if (text.empty()) continue;
    const auto known = std::ranges::find(found, text, &decltype(found)::value_type::first);
    if (known == found.end()) {
      found.push_back({text, {row.cell.label}});
    } else {
      known->second.push_back(row.cell.label);
    }
  }
  std::string lines;
  for (const auto& [text, labels] : found) {
    lines += fmt::format("{}{}: {}\n", head, join(labels, ", "), text);
  }
  return lines;
}

/// From the row that would show the least to the one that would hide the most.
std::string visible_differences(std::span<const Row> rows) {
  const Row *least = nullptr, *most = nullptr;
  for (const Row& row : rows) {
    if (!row.smallest_difference) continue;
    if (least == nullptr || row.smallest_difference < least->smallest_difference) least = &row;
    if (most == nullptr || row.smallest_difference > most->smallest_difference) most = &row;
  }
  if (least == nullptr) return "";
  std::string text = visible_text(least->ratio_together);
  if (least != most) {
    text += fmt::format(" ({}) to {} ({})", least->cell.label, visible_text(most->ratio_together),
                        most->cell.label);
  }
  return fmt::format("The smallest difference that this run could have shown: {}.\n", text);
}

}  // namespace

std::string percentile_head(const std::string& name, std::span<const Row> rows) {
  return name + (std::ranges::any_of(rows, &Row::closed_loop) ? " ms (closed)" : " ms");
}

std::string marks_of(const Row& row) {
  return std::string(row.ratio_comparable == false ? "!" : "") +
         (row.equal_work == false ? "+" : "") + (row.unproven.empty() ? "" : "?") +
         (row.later && !row.later->steady ? "^" : "");
}

std::string later_text(std::span<const Row> rows) {
  return grouped(rows, "^ ", [](const Row& row) {
    if (!row.later || row.later->steady) return std::string();
    const auto& later = *row.later;
    return fmt::format(
        "after {:g} s of load {:.2f} times as many requests/s as after {:g} s: no steady state\n"
        "  yet; measure it with --warmup {:g}s",
        later.later_seconds, later.ratio, later.usual_seconds, std::ceil(later.later_seconds));
  });
}

std::string leak_text(std::span<const Row> rows) {
  return grouped(rows, "", [](const Row& row) {
    if (!row.leak) return std::string();
    constexpr double kibibyte = 1024;
    const auto& leak = *row.leak;
    return fmt::format(
        "its memory grows by {:.1f} to {:.1f} KiB with each request, in all of {} trials: a leak,\n"
        "  or something that was still being filled",
        leak.low_bytes / kibibyte, leak.high_bytes / kibibyte, leak.trials);
  });
}

std::string unproven_text(std::span<const Row> rows) {
  return grouped(rows, "? ", [](const Row& row) {
    if (row.unproven.empty() || !row.as_claimed) return std::string();
    return "ranked without proof (--accept-unproven): " + join(row.unproven, "; ");
  });
}

std::string marks_text(std::span<const Row> rows, const Row& baseline) {
  std::string lines;
  if (std::ranges::any_of(rows, [](const Row& row) { return row.ratio_comparable == false; })) {
    lines += fmt::format(
        "! limited by something else than {} ({}): the ratio is that of two limits, and changes\n"
        "  with the speed of the machine and with the settings\n",
        baseline.cell.label, baseline.limiter.name);
  }
  lines += grouped(rows, "+ ", [&](const Row& row) {
    if (row.equal_work != false) return std::string();
    return fmt::format("{:.2f} statements per request, {} {:.2f}: not the same work",
                       *row.statements, baseline.cell.label, *baseline.statements);
  });
  return lines;
}

std::string missing_percentiles(std::span<const Row> rows) {
  const auto given = [](const Row& row) { return row.valid_trials > 0; };
  return grouped(rows, "- in place of P50: ",
                 [&](const Row& row) { return given(row) ? row.p50_missing : ""; }) +
         grouped(rows, "- in place of P99: ", [&](const Row& row) {
           return given(row) ? row.p99_missing : "";
         });
}

std::string ground_text(int blocks, const std::optional<stats::Likeness>& likeness,
                        const std::optional<double>& unseen_window_seconds) {
  std::string lines;
  if (unseen_window_seconds) {
    lines += fmt::format("Steady state not checked: windows of {:g} s, {:g} s are needed.\n",
                         *unseen_window_seconds, steady_state_seconds);
  }
  const std::size_t blocks_min = stats::NeighboursRule{}.blocks_min;
  if (likeness && likeness->found) {
    lines += fmt::format(
        "Trials resemble the ones before them (correlation {:.2f}): intervals are wider for it.\n",
        likeness->correlation);
  } else if (likeness && !likeness->conclusive) {
    lines += fmt::format(
        "Trials do not show a likeness to the ones before them, but of so few a strong one (a\n"
        "correlation of {:g}) is missed more than once in ten times; intervals are too narrow "
        "then.\n",
        stats::strong_likeness);
  } else if (!likeness && blocks >= static_cast<int>(stats::interval_values_min) &&
             blocks < static_cast<int>(blocks_min)) {
    lines += fmt::format(
        "Whether trials resemble the ones before them was not checked: {} blocks, {} are needed.\n",
        blocks, blocks_min);
  }
  return lines;
}

std::string visible_text(const stats::Estimate& ratio) {
  const auto width = stats::relative_half_width(ratio);
  return width ? fmt::format("{:.{}f} %", *width * 100, *width < 0.1 ? 1 : 0) : "";
}

std::string ground_text(const analysis::Summary& summary) {
  std::string lines;
  const bool any = std::ranges::any_of(
      summary.rows, [](const Row& row) { return row.ratio_together.low && row.ranked(); });
  if (any && summary.compared_rows > 0) {
    lines = summary.compared_rows == 1
                ? "The interval is as of this run; another run may lie outside of it.\n"
                : fmt::format(
                      "Intervals hold together, all {} at 95 %, and are as of this run; "
                      "another run may lie\noutside of them.\n",
                      summary.compared_rows);
    lines += visible_differences(summary.rows);
  }
  lines += ground_text(summary.blocks, summary.likeness, summary.unseen_window_seconds);
  if (!summary.unseen_later.empty()) {
    lines += fmt::format(
        "Whether as many are served later was not checked, it takes three trials that count: {}.\n",
        join(summary.unseen_later, ", "));
  }
  return lines;
}

std::string seen_text(const std::optional<analysis::Seen>& seen) {
  if (!seen) return "-";
  const auto& [runs, low, high, above] = *seen;
  return runs == 1 ? fmt::format("{:.2f} in 1", low)
                   : fmt::format("{:.2f} to {:.2f} in {}", low, high, runs);
}

}  // namespace unrig::report
