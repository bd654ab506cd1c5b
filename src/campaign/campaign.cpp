#include "campaign/campaign.h"

#include <fmt/format.h>

#include "base/plural.h"
#include "base/text.h"
#include "campaign/confirm.h"
#include "campaign/resume.h"
#include "host/facts.h"

namespace unrig::campaign {
namespace {

/// `now` is the manifest as it would be of a run that begins here and now.
Result<record::Run> go_on(const Task& task, const record::Manifest& now, record::Run stored,
                          record::Store& store, experiment::Watcher& watcher) {
  if (auto same = check_same_ground(stored.manifest, now); !same)
    return std::unexpected(same.error());
  set_conduct(task, stored.manifest);
  watcher.say(fmt::format("goes on with run {} after {}", stored.manifest.run,
                          counted(stored.trials.size(), "trial")));
  if (auto kept = store.update_run(stored.manifest); !kept) return std::unexpected(kept.error());
  return stored;
}

/// Of those that will be measured.
std::string labels_of(const std::vector<record::Perturbation>& perturbations) {
  std::vector<std::string> labels;
  for (const auto& change : perturbations) {
    if (change.not_checked.empty()) labels.push_back(change.label);
  }
  return join(labels, ", ");
}

}  // namespace

Result<Begun> begin(const Task& task, Site& site, record::Store& store,
                    experiment::Watcher& watcher, const experiment::Stop& stop, const Clock& clock,
                    std::optional<record::Run> stored) {
  Begun begun{.run = {.manifest = manifest_of(task, host::facts(), clock.wall()), .trials = {}},
              .conduct = conduct_of(task, clock, stored)};
  record::Manifest& manifest = begun.run.manifest;
  watcher.run_begins(stored ? stored->manifest : manifest);
  if (auto ready = site.prepare(manifest, watcher, stop.now.get_token()); !ready)
    return std::unexpected(ready.error());
  if (stored) {
    auto rest = go_on(task, manifest, std::move(*stored), store, watcher);
    if (!rest) return std::unexpected(rest.error());
    begun.run = std::move(*rest);
    return begun;
  }
  if (auto seen = site.inspect(manifest, watcher); !seen) return std::unexpected(seen.error());
  if (auto kept = store.add_run(manifest); !kept) return std::unexpected(kept.error());
  return begun;
}

Measured conduct(Begun begun, Site& site, record::Store& store, experiment::Watcher& watcher,
                 experiment::Stop& stop, const Clock& clock) {
  Measured measured{.run = std::move(begun.run), .error = {}};
  record::Manifest& manifest = measured.run.manifest;
  const auto go = [&] {
    return experiment::conduct(begun.conduct, site.bench(), measured.run, store, watcher, stop,
                               clock);
  };
  const auto is_complete = [](const Result<experiment::Ending>& ending) {
    return ending && !ending->interrupted && !ending->out_of_time && !ending->unsaved;
  };
  const auto admitted = [&] {
    const auto done = site.admit(manifest);
    if (!done) measured.error = done.error();
    return done.has_value();
  };
  const bool goes_on = !manifest.perturbations.empty();
  if (goes_on && !admitted()) return measured;
  auto ending = go();
  if (is_complete(ending) && manifest.perturbation_blocks > 0 && manifest.perturbations.empty()) {
    manifest.perturbations = perturbations_of(measured.run);
    if (!admitted()) return measured;
    if (const auto labels = labels_of(manifest.perturbations); !labels.empty())
      watcher.say("what limits is put to the test: " + labels);
    if (const auto kept = store.update_run(manifest); !kept) {
      measured.error = kept.error();
      return measured;
    }
    ending = go();
  }
  if (ending) {
    measured.interrupted = ending->interrupted;
    measured.error = ending->unsaved;
  } else {
    measured.error = ending.error();
  }
  return measured;
}

}  // namespace unrig::campaign
