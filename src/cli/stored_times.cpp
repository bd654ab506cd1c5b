#include "cli/stored_times.h"

#include <fmt/format.h>

#include "record/counts.h"
#include "report/page_times.h"

namespace unrig::cli {

Result<report::TimesByLabel> times_of(const record::Store& store, const record::Run& run) {
  report::PageTimes times;
  auto read = store.each_histograms(
      run.manifest.run, [&](std::size_t number, const record::Histograms& histograms) -> Result<> {
        const record::Trial& trial = run.trials.at(number);
        if (!record::is_of_table(trial.purpose) || !record::counts(run.manifest, trial)) return {};
        return times.add(trial.label, histograms);
      });
  if (!read) {
    return fail(read.error().kind,
                fmt::format("the histograms of {}: {}", run.manifest.run, read.error().what),
                read.error().help);
  }
  return times.packed();
}

}  // namespace unrig::cli
