#include "cli/report_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "analysis/summary.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/earlier.h"
#include "cli/output.h"
#include "cli/records.h"
#include "cli/stored_times.h"
#include "report/html.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// A run with what is found of it; both stay where they are.
struct Found {
  record::Run run;
  analysis::Summary summary;
};

Result<std::string> html_of(const CommonOptions& common, const record::Store& store,
                            const std::vector<std::string>& names,
                            std::vector<std::string>& full_names) {
  std::list<Found> all;
  std::vector<report::Reported> reported;
  for (const auto& name : names) {
    auto run = store.read(name);
    if (!run) return std::unexpected(run.error());
    Found& found = all.emplace_back(std::move(*run), analysis::Summary{});
    const std::string& full = found.run.manifest.run;
    if (std::ranges::find(full_names, full) != full_names.end()) {
      return fail(ErrorKind::usage, fmt::format("{} names the same run twice", full),
                  "unrig list runs");
    }
    full_names.push_back(full);
    found.summary = analysis::summarize(found.run);
    add_earlier(common, found.run, found.summary);
    auto times = times_of(store, found.run);
    if (!times) return std::unexpected(times.error());
    reported.push_back({.run = &found.run, .summary = &found.summary, .times = std::move(*times)});
  }
  return report::html(reported);
}

/// Below --home, named after the runs.
fs::path usual_file(const CommonOptions& common, const std::vector<std::string>& names) {
  return common.home / "reports" / (join(names, "+") + ".html");
}

Result<> write_below_home(const CommonOptions& common, const fs::path& file,
                          const std::string& html) {
  if (auto made = make_folder(file.parent_path()); !made) return made;
  if (auto written = write_file(file, html); !written) return written;
  if (!common.quiet) fmt::print(stderr, "report: {}\n", printable(file.string()));
  return {};
}

}  // namespace

Result<> write_report(const CommonOptions& common, const std::string& run) {
  const auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  std::vector<std::string> names;
  const auto html = html_of(common, *store, {run}, names);
  if (!html) return std::unexpected(html.error());
  return write_below_home(common, usual_file(common, names), *html);
}

Result<int> report_command(const CommonOptions& common, const ReportOptions& options) {
  const bool to_output = options.output == "-";
  if (!options.output.empty() && !to_output) {
    if (auto writable = check_target("--output", options.output); !writable) {
      return std::unexpected(writable.error());
    }
  }
  const auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  std::vector<std::string> names;
  const auto html = html_of(common, *store, options.runs, names);
  if (!html) return std::unexpected(html.error());
  if (to_output) return exit_after(print(*html));
  if (options.output.empty()) {
    const fs::path file = usual_file(common, names);
    return exit_after(write_below_home(common, file, *html));
  }
  return exit_after(write_file(options.output, *html));
}

}  // namespace unrig::cli
