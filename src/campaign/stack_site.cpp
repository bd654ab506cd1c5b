#include "campaign/stack_site.h"

#include <fmt/format.h>

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
    for (const auto& reason : cell.unproven_claims())
      watcher.say(cell.label + ": not proven: " + reason);
    return {};
  }
  if (seen.error().kind != ErrorKind::measurement) return std::unexpected(seen.error());
  cell.failure = seen.error().what;
  watcher.cell_failed(cell, seen.error());
  return {};
}

/// Whether the chain, or a part of it, is held to a share of the CPU time by it.
bool is_quota(const record::Perturbation& change) {
  return change.knob == "machine.cpu" || change.knob.starts_with("quota.");
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
  std::vector<scenario::Scenario> scenarios;
  for (const auto& cell : manifest.cells) {
    const auto subject = subjects_.of(cell);
    if (!subject) return std::unexpected(subject.error());
    selections.push_back(subject->selection);
    scenarios.push_back(subject->scenario);
  }
  if (auto confined = chain_->confine(scenarios); !confined) return confined;
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

Result<> StackSite::admit(record::Manifest& manifest) {
  const int cores = static_cast<int>(host::usable_cores().size());
  std::vector<scenario::Scenario> scenarios;
  std::vector<scenario::Scenario> of_cells;
  bool needs_groups = false;
  for (std::size_t place = 0; place < plan::places(manifest); ++place) {
    const record::Cell cell = plan::cell_at(manifest, place);
    const auto subject = subjects_.of(cell);
    if (subject) scenarios.push_back(subject->scenario);
    if (subject && place < manifest.cells.size()) of_cells.push_back(subject->scenario);
    std::string& why_not = plan::failure_at(manifest, place);
    if (place < manifest.cells.size() || !why_not.empty()) continue;
    auto fits = subject ? scenario::check_counts(subject->scenario, cores, cell.workers)
                        : Result<>(std::unexpected(subject.error()));
    if (fits) {
      fits = subject->scenario.check_sessions(cell.stack, subject->selection.spec->concurrency,
                                              cell.workers, cores);
    }
    if (!fits) why_not = fits.error().what;
    needs_groups |= fits && is_quota(manifest.perturbations[place - manifest.cells.size()]);
  }
  if (!needs_groups) return {};
  chain_->stop_all();  // what runs is in no group, and starts anew in it
  const auto confined = chain_->confine(scenarios);
  if (confined) return {};
  for (record::Perturbation& change : manifest.perturbations) {
    if (is_quota(change) && change.not_checked.empty()) change.not_checked = confined.error().what;
  }
  return chain_->confine(of_cells);  // they may have quotas of their own
}

}  // namespace unrig::campaign
