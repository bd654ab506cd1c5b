#include "campaign/stack_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/inspect.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/plural.h"
#include "base/text.h"
#include "host/facts.h"
#include "host/usage.h"
#include "plan/cells.h"
#include "plan/perturbation.h"
#include "scenario/knobs.h"

namespace unrig::campaign {
namespace {

/// What a look at `first` has found holds for `cell`, too.
void take_over(const record::Cell& first, record::Cell& cell, experiment::Watcher& watcher) {
  cell.claims = first.claims;
  cell.audit = first.audit;
  cell.failure = first.failure;
  if (cell.failure.empty()) return;
  watcher.cell_failed(cell, {ErrorKind::measurement, cell.failure, {}});
}

/// Keeps what was found of the cell. Error: what ends the run.
Result<> note(Result<audit::Inspection> seen, record::Cell& cell, experiment::Watcher& watcher) {
  if (seen) {
    cell.claims = std::move(seen->claims);
    cell.audit = std::move(seen->audit);
    for (const auto& reason : cell.false_claims()) watcher.say(cell.label + ": " + reason);
    return {};
  }
  if (seen.error().kind != ErrorKind::measurement) return std::unexpected(seen.error());
  cell.failure = seen.error().what;
  watcher.cell_failed(cell, seen.error());
  return {};
}

/// Whether the chain, or a part of it, is held to a share of the CPU time.
bool needs_group(const scenario::Scenario& scenario) {
  const std::array quotas{scenario.machine_cpu, scenario.quota_proxy, scenario.quota_app,
                          scenario.quota_pooler, scenario.quota_database};
  return std::ranges::any_of(quotas, [](double cores) { return cores > 0; });
}

}  // namespace

Result<> StackSite::prepare(record::Manifest& manifest, experiment::Watcher& watcher,
                            const std::stop_token&) {
  auto chain = chain::Chain::open(places_, guard_, clock_,
                                  [&](const std::string& line) { watcher.say(line); });
  if (!chain) return std::unexpected(chain.error());
  chain_.emplace(std::move(*chain));
  bench_.emplace(*chain_, subjects_, clock_, manifest.host.cores, times_resumed_);
  std::vector<stack::Selection> selections;
  bool has_quota = false;
  for (const auto& cell : manifest.cells) {
    const auto subject = subjects_.of(cell);
    if (!subject) return std::unexpected(subject.error());
    selections.push_back(subject->selection);
    has_quota |= needs_group(subject->scenario);
  }
  if (auto confined = has_quota ? chain_->confine() : Result<>{}; !confined) return confined;
  const auto tell = [&](const runtime::BuildProgress& now) {
    watcher.work("environments", now.done, now.of, join(now.under_way, ", "));
  };
  const auto ready = chain_->runtimes().prepare(selections, tell);
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (const auto runtime = chain_->runtimes().of(selections[i])) {
      if (const auto lock = read_file((*runtime)->lock(selections[i]))) {
        manifest.cells[i].lock = sha256(*lock);
      }
    }
    if (ready[i]) continue;
    const Error& error = ready[i].error();
    if (error.kind == ErrorKind::usage) return std::unexpected(error);
    manifest.cells[i].failure = error.help.empty() ? error.what : error.what + "\n" + error.help;
    watcher.cell_failed(manifest.cells[i], error);
  }
  manifest.versions = chain_->versions();
  return {};
}

Result<> StackSite::inspect(record::Manifest& manifest, experiment::Watcher& watcher) {
  auto inspector = audit::Inspector::open(*chain_, guard_, clock_);
  if (!inspector) return std::unexpected(inspector.error());
  const auto first = plan::first_alike(manifest.cells);
  const std::size_t looks = plan::looks(manifest.cells);
  watcher.say(fmt::format("{} at stacks before the first trial", counted(looks, "look")));
  std::size_t looked = 0;
  for (std::size_t i = 0; i < manifest.cells.size(); ++i) {
    record::Cell& cell = manifest.cells[i];
    if (!cell.failure.empty()) continue;
    if (first[i] != i) {
      take_over(manifest.cells[first[i]], cell, watcher);
      continue;
    }
    watcher.passing(fmt::format("looking at {} ({} of {})", cell.label, ++looked, looks));
    const auto subject = subjects_.of(cell);
    if (!subject) return std::unexpected(subject.error());
    if (auto noted = note(inspector->inspect(*subject, {}), cell, watcher); !noted) return noted;
  }
  return {};
}

void StackSite::admit(record::Manifest& manifest) {
  const std::vector<int> usable = host::usable_cores();
  const int cores = static_cast<int>(usable.size());
  for (std::size_t place = manifest.cells.size(); place < plan::places(manifest); ++place) {
    std::string& why_not = plan::failure_at(manifest, place);
    if (!why_not.empty()) continue;
    const record::Cell cell = plan::cell_at(manifest, place);
    const auto subject = subjects_.of(cell);
    auto fits = subject ? scenario::check_counts(subject->scenario, cores, cell.workers)
                        : Result<>(std::unexpected(subject.error()));
    if (fits) {
      fits = subject->scenario.check_sessions(cell.stack, subject->selection.spec->concurrency,
                                              cell.workers, cores);
    }
    if (fits && needs_group(subject->scenario) && chain_->group().empty()) {
      chain_->stop_all();  // what runs is in no group, and starts anew in it
      fits = chain_->confine();
    }
    if (!fits) why_not = fits.error().what;
  }
}

}  // namespace unrig::campaign
