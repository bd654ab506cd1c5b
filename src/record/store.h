/// \file
/// The store of all runs: one SQLite file under --home, written after each trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "record/record.h"

struct sqlite3;

namespace unrig::record {

/// One line of `unrig list runs`.
struct RunLine {
  std::string run;
  std::string started_at;
  std::string scenario;
  std::vector<std::string> stacks;  ///< labels
  int trials = 0;
  int valid_trials = 0;
  std::string damage;  ///< why its manifest cannot be read; then the rest is what the store has
};

/// Not thread-safe. Every change is one transaction: whole or not at all, also after kill -9.
class Store {
 public:
  /// Opens the file, makes it when missing. One of an earlier format is brought to this one, in one
  /// transaction. Error: environment (read-only, full disk, a format of a newer unrig); the file is
  /// as it was then.
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& file);
  /// Only to be read: neither file nor folder need be writable, and neither is made or changed. One
  /// that is missing has no runs; one of an earlier format is read as it is. Error: environment.
  [[nodiscard]] static Result<Store> open_to_read(const std::filesystem::path& file);

  [[nodiscard]] Result<> add_run(const Manifest& manifest);
  /// Replaces the manifest of a run that is there: cells may turn out not to run.
  [[nodiscard]] Result<> update_run(const Manifest& manifest);
  /// With its histograms, where it has them.
  [[nodiscard]] Result<> add_trial(const std::string& run, const Trial& trial);

  /// In the order in which they were added, whatever the clock said; a damaged one is among them.
  [[nodiscard]] Result<std::vector<RunLine>> list() const;
  /// A run by name, by a unique beginning of its name, or "last": that which somebody asked for,
  /// not a search that came before it.
  /// Error: usage, with did-you-mean.
  [[nodiscard]] Result<Run> read(const std::string& name) const;

  /// The histograms of the trial that read() has at `number`, from 1, of the run with that full
  /// name; none where the trial was kept without. Error: environment.
  [[nodiscard]] Result<std::optional<Histograms>> histograms(const std::string& run,
                                                             std::size_t number) const;

  /// What one of the last hundred trials takes here on average, its histograms included; none where
  /// there is none. Error: environment.
  [[nodiscard]] Result<std::optional<std::int64_t>> bytes_of_a_trial() const;

  /// Calls `each` for every trial that read() has of the run with that full name and that was kept
  /// with its histograms: its number, from 0, and the histograms. Error: environment, or what
  /// `each` returned; then there are no further calls.
  [[nodiscard]] Result<> each_histograms(
      const std::string& run,
      const std::function<Result<>(std::size_t, const Histograms&)>& each) const;

  /// The runs before that of `manifest`, by their names, whose manifest `wanted` says yes to, the
  /// newest first. What lies far back is left out: it looks at the last 200 runs and returns the
  /// last 20. A record that this unrig cannot read is passed over. Error: environment.
  [[nodiscard]] Result<std::vector<Run>> before(
      const Manifest& manifest, const std::function<bool(const Manifest&)>& wanted) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Store() = default;
  static Result<Store> open(const std::filesystem::path& file, const char* name, int flags);
  std::filesystem::path file_;
  int format_ = 0;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace unrig::record
