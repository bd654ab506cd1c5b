#include "campaign/resume.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"

namespace unrig::campaign {
namespace {

constexpr int earlier_confirmation_blocks = 3;  // of runs that do not say how many

/// Collects what is no longer as it was.
class Changes {
 public:
  void add(const std::string& what, const std::string& then, const std::string& now) {
    if (then != now) changes_.push_back(fmt::format("{} was {} and is now {}", what, then, now));
  }
  [[nodiscard]] Result<> result() const {
    if (changes_.empty()) return {};
    return fail(ErrorKind::usage, "the run cannot go on: " + join(changes_, "; "),
                "measure a new run: the same command without --resume");
  }

 private:
  std::vector<std::string> changes_;
};

/// Version texts of what serves. Where the services keep their files is none.
std::map<std::string, std::string> by_name(const record::Pairs& versions) {
  std::map<std::string, std::string> found(versions.begin(), versions.end());
  std::erase_if(found, [](const auto& entry) {
    return entry.first == "services' folder" || entry.first.starts_with("lock ");  // of the cells
  });
  return found;
}

}  // namespace

Task task_of(const record::Manifest& stored, Task given) {
  given.scenario = stored.scenario;
  given.knobs = stored.knobs;
  given.cells = stored.cells;
  given.baseline = stored.baseline;
  given.search = stored.search;
  given.tuned = stored.tuned;
  given.matched = stored.matched;
  given.seed = stored.seed;
  given.blocks = stored.blocks;
  given.precision = stored.precision;
  given.margin = stored.margin;
  given.phases = {.warmup = from_seconds(stored.warmup_seconds),
                  .duration = from_seconds(stored.duration_seconds),
                  .warmup_most = from_seconds(stored.warmup_most_seconds)};
  given.accept_noise = given.accept_noise || stored.accept_noise;
  given.accept_unproven = given.accept_unproven || stored.accept_unproven;
  if (!given.fresh_blocks && !stored.confirms_until_precise) {
    given.fresh_blocks = stored.confirmation_blocks.value_or(earlier_confirmation_blocks);
  }
  given.confirm_limiters = given.confirm_limiters.value_or(stored.perturbation_blocks > 0);
  if (given.gates.empty()) given.gates = stored.gates_asked;
  if (given.python.empty()) given.python = stored.python;
  return given;
}

Result<> check_resumable(const record::Manifest& stored) {
  if (!record::measures_urls(stored)) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("the run {} compared two URLs: only runs of stacks can go on", stored.run),
      "unrig compare URL1 URL2");
}

Result<> check_same_ground(const record::Manifest& stored, const record::Manifest& now) {
  Changes changes;
  changes.add("the kernel", stored.host.kernel, now.host.kernel);
  changes.add("the processor", stored.host.cpu_model, now.host.cpu_model);
  changes.add("the number of cores", std::to_string(stored.host.cores),
              std::to_string(now.host.cores));
  const auto versions = by_name(now.versions);
  for (const auto& [program, then] : by_name(stored.versions)) {
    const auto found = versions.find(program);
    changes.add("the version of " + program, then,
                found == versions.end() ? "not there" : found->second);
  }
  for (std::size_t i = 0; i < stored.cells.size() && i < now.cells.size(); ++i) {
    const auto& then = stored.cells[i];
    const auto& here = now.cells[i];
    changes.add("the stack " + then.label, then.hash, here.hash);
    changes.add("the lock of " + then.label, then.lock, here.lock);
  }
  return changes.result();
}

}  // namespace unrig::campaign
