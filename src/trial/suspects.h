/// \file
/// Everything that may have bounded a trial, each held against what was seen. Pure: the rules of
/// find_limiter(), which alone decides between them.
#pragma once

#include <optional>
#include <string>

#include "record/record.h"

namespace unrig::trial {

/// What the rules look at.
struct Scene {
  const record::Trial& trial;
  const record::Conditions& conditions;
  record::UnderWay where;
  /// Of the requests under way, the share that waited for something to become free.
  std::optional<double> waiting_share;
  /// Whether the cores that count were used up. Not set: it could not be read.
  std::optional<bool> cpu_is_used_up;

  /// The trial must outlive it, and have its conditions.
  explicit Scene(const record::Trial& of);
  /// Share of all requests under way. Not set: one of the two is not known.
  [[nodiscard]] std::optional<double> share(const std::optional<double>& requests) const;
  /// Requests that something is done for. Not set: not known.
  [[nodiscard]] std::optional<double> served() const;
  /// ", while 60 % of the CPU is busy"; "" where that is not known.
  [[nodiscard]] std::string while_busy() const;
};

/// What is left of something of which that share is used, from 0 to 1.
[[nodiscard]] double left(double used);
/// Evidence that there is none.
[[nodiscard]] std::string not_checked(const std::string& why);

struct Finding {
  record::Suspect suspect;
  bool bounds = false;  ///< by its rule: at its limit, and somebody waits for it
};

/// Each is empty where the trial has no such thing.
namespace rules {
[[nodiscard]] std::optional<Finding> errors(const Scene& scene);
[[nodiscard]] std::optional<Finding> load_generator(const Scene& scene);
[[nodiscard]] std::optional<Finding> quota(const Scene& scene);
[[nodiscard]] std::optional<Finding> cpu(const Scene& scene);
[[nodiscard]] std::optional<Finding> database(const Scene& scene);
[[nodiscard]] std::optional<Finding> pooler(const Scene& scene);
[[nodiscard]] std::optional<Finding> sessions(const Scene& scene);
[[nodiscard]] std::optional<Finding> event_loop(const Scene& scene);
[[nodiscard]] std::optional<Finding> workers(const Scene& scene);
[[nodiscard]] std::optional<Finding> proxy(const Scene& scene);
[[nodiscard]] std::optional<Finding> listen_queue(const Scene& scene);
[[nodiscard]] std::optional<Finding> latency(const Scene& scene);
[[nodiscard]] std::optional<Finding> clients(const Scene& scene);
}  // namespace rules

/// Whether connections that found a full listen queue are as many as all failures: then these are
/// only what became of them.
[[nodiscard]] bool queue_explains_failures(const record::Trial& trial);

}  // namespace unrig::trial
