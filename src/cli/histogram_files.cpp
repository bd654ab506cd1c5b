#include "cli/histogram_files.h"

#include "base/file.h"
#include "cli/output.h"
#include "stats/hgrm.h"
#include "stats/hlog.h"

namespace unrig::cli {
namespace {

Result<> write(const std::filesystem::path& file, const std::string& text) {
  return file == "-" ? print(text) : write_file(file, text);
}

}  // namespace

std::vector<Target> targets_of(const std::filesystem::path& json, const HistogramFiles& files) {
  return {{"--json", json}, {"--hgrm", files.hgrm}, {"--hlog", files.hlog}};
}

Result<> write_histograms(const HistogramFiles& files, const HistogramSource& source) {
  if (!files.hgrm.empty()) {
    auto written = write(files.hgrm, stats::to_hgrm(source.response));
    if (!written) return written;
  }
  if (files.hlog.empty()) return {};
  std::string text = stats::hlog_head(source.start);
  // The one without a tag is what readers that know no tags show.
  const std::pair<const char*, const stats::Histogram*> all[] = {
      {"", &source.response}, {"service", &source.service}, {"issue-delay", &source.issue_delay}};
  for (const auto& [tag, histogram] : all) {
    text += stats::hlog_line({.tag = tag, .length_s = source.length_s, .histogram = *histogram});
  }
  return write(files.hlog, text);
}

}  // namespace unrig::cli
