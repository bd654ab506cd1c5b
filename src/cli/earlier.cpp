#include "cli/earlier.h"

#include <vector>

#include "analysis/seen.h"
#include "cli/records.h"

namespace unrig::cli {
namespace {

std::vector<record::Run> earlier_runs(const CommonOptions& common, const record::Run& run) {
  const auto store = open_store_to_read(common);
  if (!store) return {};
  auto found = store->before(run.manifest, [&](const record::Manifest& earlier) {
    return analysis::same_conditions(run.manifest, earlier);
  });
  return found ? std::move(*found) : std::vector<record::Run>{};
}

}  // namespace

void add_earlier(const CommonOptions& common, const record::Run& run, analysis::Summary& summary) {
  analysis::add_seen(summary, run, earlier_runs(common, run));
}

void add_earlier(const CommonOptions& common, const record::Run& run,
                 analysis::Comparison& comparison) {
  analysis::add_seen(comparison, run, earlier_runs(common, run));
}

}  // namespace unrig::cli
