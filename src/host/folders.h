/// \file
/// The folders of one running chain: what may be reused lies under home, what only this run needs
/// in a short private folder that goes with it; and who owns them (docs/security.md).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "process/process.h"

namespace unrig::host {

/// The system account of unrig's own that services, application servers and builds run as when
/// unrig itself runs as root.
inline constexpr std::string_view service_account = "unrig";
/// Makes that account.
inline constexpr std::string_view account_command =
    "useradd --system --user-group --no-create-home --home-dir /nonexistent"
    " --shell /usr/sbin/nologin unrig";

/// The account when this is root, none for everybody else: then all runs as the caller.
/// Error: environment, with the command that makes it.
[[nodiscard]] Result<std::optional<process::User>> find_service_user();

/// Where root has what cannot lie in a home, or a home that cannot lie where it should.
inline constexpr std::string_view roots_own = "/var/lib/unrig";

/// Where the database and the environments of a home lie that the account cannot reach.
[[nodiscard]] std::filesystem::path services_elsewhere(const std::filesystem::path& home);

/// Opens and takes the lock of a home. It is free again when the descriptor is closed.
/// Error: environment: another unrig uses it, or it cannot be written.
[[nodiscard]] Result<UniqueFd> lock_home(const std::filesystem::path& home);

/// Removes the private folders in /tmp (and $XDG_RUNTIME_DIR) of runs of which nobody is left, and
/// ends what else is left of those: where unrig, its guard and its keepers were killed together,
/// nobody else does. Only what belongs to this user.
void remove_abandoned(const Clock& clock);

/// Holds the lock of a home from open() to its end. As root, every folder that unrig itself writes
/// in belongs to root; what services and application servers write in belongs to the account, and
/// unrig puts nothing there.
class Folders {
 public:
  /// Error: environment: home cannot be made or written, belongs to somebody else, others may write
  /// in it or above it, another unrig uses it, or there is no account.
  [[nodiscard]] static Result<Folders> open(const std::filesystem::path& home,
                                            process::Guard& guard, const Clock& clock);
  Folders(Folders&&) = default;
  Folders& operator=(Folders&&) = delete;
  ~Folders();  ///< removes the private folder

  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  /// Where database and environments lie: home, or elsewhere when the account cannot reach home.
  [[nodiscard]] const std::filesystem::path& services() const { return services_; }
  /// Closed for others, short enough for the path of a Unix socket. The account may enter it and
  /// read in it, and nobody but unrig writes there.
  [[nodiscard]] const std::filesystem::path& runtime() const { return runtime_.path; }
  /// For temporary files of services, of theirs; goes with runtime().
  [[nodiscard]] std::filesystem::path temporary() const { return runtime() / "temporary"; }
  [[nodiscard]] std::filesystem::path log(std::string_view component) const;
  [[nodiscard]] const std::optional<process::User>& service_user() const { return user_; }

  /// A folder of the service user's, mode 0700, in one that belongs to unrig.
  [[nodiscard]] Result<> make_service_folder(const std::filesystem::path& path) const;
  /// A folder of unrig's that the service user may enter and read in.
  [[nodiscard]] Result<> make_shared_folder(const std::filesystem::path& path) const;
  /// A file that only the service user (and root) can read, in a folder that belongs to unrig.
  [[nodiscard]] Result<> write_service_file(const std::filesystem::path& path,
                                            std::string_view content) const;
  /// Whether the service user can read what lies there. Error: environment: it cannot be asked.
  [[nodiscard]] Result<bool> can_read(const std::filesystem::path& path) const {
    return can("-r", path);
  }
  /// `path` itself where the service user can read it, else a copy that it can: a file, or a folder
  /// with all that lies in it, or with its entries called `only`. Made anew by each Folders, once.
  /// Error: environment.
  [[nodiscard]] Result<std::filesystem::path> readable(
      const std::filesystem::path& path, std::span<const std::string_view> only = {}) const;
  /// Where a program from such a copy finds its shared libraries, since it looks for them where it
  /// was built for; "" for one that is no copy.
  [[nodiscard]] std::filesystem::path copied_libraries(const std::filesystem::path& program) const;

 private:
  /// A path that is removed at the end of its owner.
  struct Removed {
    explicit Removed(std::filesystem::path p = {}) : path(std::move(p)) {}
    Removed(Removed&& other) noexcept : path(std::exchange(other.path, {})) {}
    Removed& operator=(Removed&& other) noexcept {
      std::swap(path, other.path);
      return *this;
    }
    ~Removed();
    std::filesystem::path path;
  };

  Folders(process::Guard& guard, const Clock& clock) : guard_(&guard), clock_(&clock) {}
  [[nodiscard]] Result<> choose_services();
  [[nodiscard]] Result<> make_runtime();
  [[nodiscard]] Result<> mark_in_use();
  void remove_stale_runtime() const;
  [[nodiscard]] std::filesystem::path copies() const { return services_ / "copies"; }
  [[nodiscard]] Result<bool> can(std::string_view what, const std::filesystem::path& path) const;

  process::Guard* guard_;
  const Clock* clock_;
  std::filesystem::path home_;
  UniqueFd lock_;
  std::optional<process::User> user_;
  std::filesystem::path services_;
  Removed runtime_;
  UniqueFd in_use_;  ///< a lock in runtime(): while it is held, nobody else removes that
  mutable std::map<std::filesystem::path, std::filesystem::path> readable_;
};

}  // namespace unrig::host
