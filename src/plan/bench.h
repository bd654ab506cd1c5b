/// \file
/// A bench turns a cell into a trial record: measured, simulated or remote.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/result.h"
#include "base/units.h"
#include "record/record.h"

namespace unrig::plan {

/// So much load shows at the earliest that a level holds (trial/warm.h).
inline constexpr Duration level_least = std::chrono::seconds(8);

/// How long one trial warms up and is measured.
struct Phases {
  Duration warmup = std::chrono::seconds(2);
  Duration duration = std::chrono::seconds(5);
  /// What compiles while it runs warms up until its level holds, so long at most, where that
  /// leaves time to see it.
  Duration warmup_most{0};

  [[nodiscard]] bool extends() const { return warmup_most >= warmup + level_least; }
};

/// Where in the run a trial stands.
struct Place {
  int block = 1;
  int position = 1;
  std::uint64_t seed = 0;
};

/// What a cell's names mean (a stack, a URL, a model) is known to the bench alone.
class Bench {
 public:
  virtual ~Bench() = default;
  /// One independent replication. A trial that went wrong is still a record: its verdict says why.
  /// Error: measurement, when this cell cannot run at all (the others may go on); interrupted,
  /// when `stop` ended it; any other kind ends the run.
  [[nodiscard]] virtual Result<record::Trial> run(const record::Cell& cell, const Phases& phases,
                                                  const Place& place, std::stop_token stop) = 0;

  /// After an error that would end the run: puts what is measured into a state from which the same
  /// run() may succeed, by starting it again, say. Error: run() need not be tried.
  [[nodiscard]] virtual Result<> mend() { return fail(ErrorKind::environment, "cannot be mended"); }

  /// What others do on this machine while no trial runs, seen for `length` or until `stop` says so.
  [[nodiscard]] virtual record::Disturbance look(Duration length,
                                                 const std::function<bool()>& stop) = 0;
};

}  // namespace unrig::plan
