#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "report/exports.h"
#include "stats/hgrm.h"
#include "stats/hlog.h"

namespace unrig::report {
namespace {

/// A tag has no commas, spaces or signs of other meaning.
std::string tag_of(std::string label) {
  std::ranges::replace_if(
      label,
      [](char letter) {
        return static_cast<unsigned char>(letter) <= ' ' || letter == ',' || letter == '=' ||
               letter == '"';
      },
      '_');
  return label;
}

}  // namespace

Result<std::string> hlog_export(const record::Run& run, const TimesByLabel& times) {
  std::string text = stats::hlog_head(parse_iso8601(run.manifest.started_at).value_or(WallTime{}));
  for (const auto& [label, packed] : times) {
    const std::pair<const char*, const std::string*> all[] = {{"response", &packed.response},
                                                              {"service", &packed.service},
                                                              {"issue-delay", &packed.issue_delay}};
    for (const auto& [kind, bytes] : all) {
      auto histogram = stats::unpack_histogram(*bytes);
      if (!histogram) return std::unexpected(histogram.error());
      text += stats::hlog_line({.tag = fmt::format("{}-{}", tag_of(label), kind),
                                .length_s = run.manifest.duration_seconds,
                                .histogram = std::move(*histogram)});
    }
  }
  return text;
}

Result<std::string> hgrm_export(const TimesByLabel& times, const std::string& label) {
  const auto found = times.find(label);
  if (found == times.end()) {
    return fail(ErrorKind::usage, fmt::format("there are no response times of '{}'", label),
                "unrig export RUN --format csv has the names of what was measured");
  }
  const auto histogram = stats::unpack_histogram(found->second.response);
  if (!histogram) return std::unexpected(histogram.error());
  return stats::to_hgrm(*histogram);
}

}  // namespace unrig::report
