#include "experiment/keeping.h"

#include <fmt/format.h>

namespace unrig::experiment {

Result<> Keeping::trial_added() {
  waiting_.push_back(run_.trials.size() - 1);
  return store_all();
}

Result<> Keeping::manifest_changed() {
  manifest_waits_ = true;
  return store_all();
}

Result<> Keeping::store_all() {
  while (!waiting_.empty()) {
    record::Trial& trial = run_.trials[waiting_.front()];
    auto stored = store_.add_trial(run_.manifest.run, trial);
    if (!stored) return stored;
    trial.histograms.reset();
    waiting_.erase(waiting_.begin());
  }
  if (!manifest_waits_) return {};
  auto stored = store_.update_run(run_.manifest);
  manifest_waits_ = !stored;
  return stored;
}

Result<> Keeping::finish(const Clock& clock, Duration limit) {
  const Instant deadline = clock.now() + limit;
  while (true) {
    const auto stored = store_all();
    if (stored) return {};
    if (clock.now() >= deadline) {
      return fail(stored.error().kind,
                  fmt::format("{} of {} trials could not be stored, they are in what was printed "
                              "(and in --json) alone: {}",
                              waiting_.size(), run_.trials.size(), stored.error().what),
                  stored.error().help);
    }
    clock.sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace unrig::experiment
