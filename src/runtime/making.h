/// \file
/// A folder that programs make once and that stays: an environment, a build. Whoever makes it holds
/// its lock; it is finished when its marker is there, and what is half made is thrown away. Inside
/// this module only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "host/folders.h"
#include "process/process.h"

namespace unrig::runtime {

/// Hexadecimal digits at the end of such a folder's name: it changes with everything that what lies
/// in it depends on.
inline constexpr std::size_t name_hash_length = 12;
/// "PREFIX-0123456789ab": by the SHA-256 of `content`.
[[nodiscard]] std::string hashed_name(std::string_view prefix, std::string_view content);
/// Whether hashed_name() gives such names to the prefix.
[[nodiscard]] bool is_hashed_name(std::string_view name, std::string_view prefix);

/// What is written last into a folder; without it the folder is half made.
[[nodiscard]] std::filesystem::path marker_of(const std::filesystem::path& folder);

class Making {
 public:
  /// `folder`: its parent is unrig's own. What is given outlives it.
  Making(std::filesystem::path folder, std::filesystem::path log, const host::Folders& folders,
         process::Guard& guard, const Clock& clock);
  Making(Making&&) = default;
  ~Making();  ///< ends what runs, and removes what is half made

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::filesystem::path& log() const { return log_; }
  /// For what the programs leave lying about, beside the folder; goes with this.
  [[nodiscard]] std::filesystem::path temporary() const { return folder_.string() + ".temporary"; }
  /// Whether it is not done after 15 minutes.
  [[nodiscard]] bool is_late() const { return clock_->now() >= deadline_; }

  /// False: another unrig makes it.
  [[nodiscard]] Result<bool> take_lock();
  /// With the lock: an empty folder of the service user's in the place of whatever was there, and
  /// an empty log.
  [[nodiscard]] Result<> begin();
  /// Starts a program as the service user, with what it prints in the log. `in`: its working
  /// folder.
  [[nodiscard]] Result<> start(std::vector<std::string> argv, std::vector<std::string> environment,
                               const std::filesystem::path& in);
  /// How the program has ended, if it has.
  [[nodiscard]] std::optional<process::Exit> poll() { return process_->poll(); }
  /// Writes the marker. From here on the folder stays.
  [[nodiscard]] Result<> finish(std::string_view marker);
  /// Removes what has another hash behind the same prefix and is finished and `replaced`, by its
  /// marker, or is half made. Runs of this home are over, because a home is one run's at a time;
  /// what is being made is locked.
  void remove_replaced(std::string_view prefix,
                       const std::function<bool(std::string_view marker)>& replaced) const;

  /// The end of the log, without credentials.
  [[nodiscard]] std::string words() const;

 private:
  std::filesystem::path folder_, log_;
  const host::Folders* folders_;
  process::Guard* guard_;
  const Clock* clock_;
  Instant deadline_;
  UniqueFd lock_;
  bool mine_ = false;  ///< the folder is being made here: what is half made must go
  std::optional<process::Process> process_;
};

/// What builds keep between them; of the service user's. Error: environment.
[[nodiscard]] Result<std::filesystem::path> cache_for_builds(const host::Folders& folders);

/// "WHAT: WHY; the last lines: …" with the next step: `advice`, or where the log is.
[[nodiscard]] Error making_failed(const Making& making, std::string_view what, std::string_view why,
                                  const std::string& advice);

}  // namespace unrig::runtime
