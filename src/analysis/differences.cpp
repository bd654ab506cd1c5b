#include "analysis/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/facts.h"
#include "plan/cells.h"
#include "plan/workers.h"

namespace unrig::analysis {
namespace {

/// Collects what differs, each thing under one name.
class Differences {
 public:
  void add(const std::string& what, const std::string& a, const std::string& b, bool bars) {
    const auto shown = [](const std::string& value) { return value.empty() ? "nothing" : value; };
    if (a != b) found_.push_back({what, shown(a), shown(b), bars});
  }
  void add(const std::string& kind, const record::Pairs& a, const record::Pairs& b, bool bars) {
    for (const auto& [name, value] : a) add(kind + name, value, value_of(b, name), bars);
    for (const auto& [name, value] : b) {
      if (!has(a, name)) add(kind + name, "", value, bars);
    }
  }
  [[nodiscard]] std::vector<Difference> take() { return std::move(found_); }

 private:
  static record::Pairs::const_iterator find(const record::Pairs& pairs, const std::string& name) {
    return std::find_if(pairs.begin(), pairs.end(),
                        [&](const auto& pair) { return pair.first == name; });
  }
  static bool has(const record::Pairs& pairs, const std::string& name) {
    return find(pairs, name) != pairs.end();
  }
  static std::string value_of(const record::Pairs& pairs, const std::string& name) {
    return has(pairs, name) ? find(pairs, name)->second : "";
  }

  std::vector<Difference> found_;
};

void add_host(Differences& found, const host::Facts& a, const host::Facts& b) {
  found.add("processor", a.cpu_model, b.cpu_model, true);
  found.add("number of cores", std::to_string(a.cores), std::to_string(b.cores), true);
  found.add("memory in bytes", std::to_string(a.memory_bytes), std::to_string(b.memory_bytes),
            true);
  found.add("kernel", a.kernel, b.kernel, true);
  found.add("operating system", a.os, b.os, true);
  found.add("virtualization", a.virtualization, b.virtualization, true);
  found.add("setting ", a.settings, b.settings, true);
}

}  // namespace

bool same_settings(const record::Manifest& of_a, const record::Cell& a,
                   const record::Manifest& of_b, const record::Cell& b) {
  const auto same = [&](const auto& setting) {
    const std::string& knob = setting.first;
    return plan::sets_workers(knob) ||
           plan::value_of(of_a, a, knob) == plan::value_of(of_b, b, knob);
  };
  return std::ranges::all_of(a.knobs, same) && std::ranges::all_of(b.knobs, same);
}

std::vector<Difference> differences(const record::Manifest& a, const record::Manifest& b) {
  Differences found;
  found.add("knob ", a.knobs, b.knobs, true);
  add_host(found, a.host, b.host);
  found.add("seconds of warm-up", fmt::format("{:g}", a.warmup_seconds),
            fmt::format("{:g}", b.warmup_seconds), false);
  found.add("seconds of warm-up at most", fmt::format("{:g}", a.warmup_most_seconds),
            fmt::format("{:g}", b.warmup_most_seconds), false);
  found.add("seconds measured", fmt::format("{:g}", a.duration_seconds),
            fmt::format("{:g}", b.duration_seconds), false);
  found.add("unrig", a.unrig_version + " " + a.unrig_commit, b.unrig_version + " " + b.unrig_commit,
            false);
  found.add("version of ", a.versions, b.versions, false);
  for (const auto& cell : a.cells) {
    const auto other =
        std::find_if(b.cells.begin(), b.cells.end(), [&](const record::Cell& candidate) {
          return same_stack(candidate, cell) && same_settings(a, cell, b, candidate);
        });
    if (other == b.cells.end()) continue;
    found.add("workers of " + cell.label, std::to_string(cell.workers),
              std::to_string(other->workers), false);
    found.add("stack " + cell.label, cell.hash.substr(0, 12), other->hash.substr(0, 12), false);
    found.add("lock of " + cell.label, cell.lock.substr(0, 12), other->lock.substr(0, 12), false);
  }
  return found.take();
}

}  // namespace unrig::analysis
