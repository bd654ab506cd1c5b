/// \file
/// The folders of one running chain: what may be reused lies under home, what only this run needs
/// in a short private folder that goes with it; and who owns them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "process/process.h"

namespace unrig::stack {

/// Holds the lock of a home from open() to its end. PostgreSQL, pgbouncer and nginx run as
/// `service_user()`: the system user `postgres` when unrig runs as root (PostgreSQL and pgbouncer
/// refuse root), else unrig's own.
class Folders {
 public:
  /// Error: environment: home cannot be made or written, or another unrig uses it.
  [[nodiscard]] static Result<Folders> open(const std::filesystem::path& home,
                                            process::Guard& guard, const Clock& clock);
  Folders(Folders&&) = default;
  Folders& operator=(Folders&&) = delete;
  ~Folders();  ///< removes the private folder

  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  /// Where services keep what lasts: home, or elsewhere when the service user cannot reach home.
  [[nodiscard]] const std::filesystem::path& services() const { return services_; }
  /// Mode 0700, owned by the service user, short enough for the path of a Unix socket.
  [[nodiscard]] const std::filesystem::path& runtime() const { return runtime_.path; }
  [[nodiscard]] std::filesystem::path log(std::string_view component) const;
  [[nodiscard]] const std::optional<process::User>& service_user() const { return user_; }
  /// The OS names of the service user and of the user unrig runs as.
  [[nodiscard]] const std::string& service_name() const { return service_name_; }
  [[nodiscard]] const std::string& own_name() const { return own_name_; }

  /// A folder that the service user owns, mode 0700.
  [[nodiscard]] Result<> make_service_folder(const std::filesystem::path& path) const;
  /// A file that only the service user (and root) can read.
  [[nodiscard]] Result<> write_service_file(const std::filesystem::path& path,
                                            std::string_view content) const;

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

  Folders() = default;
  [[nodiscard]] Result<> find_users();
  [[nodiscard]] Result<> choose_services(process::Guard& guard, const Clock& clock);
  [[nodiscard]] Result<> make_runtime();
  void remove_stale_runtime(const Clock& clock) const;

  std::filesystem::path home_;
  UniqueFd lock_;
  std::optional<process::User> user_;
  std::string service_name_;
  std::string own_name_;
  std::filesystem::path services_;
  Removed runtime_;
};

}  // namespace unrig::stack
