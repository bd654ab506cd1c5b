/// \file
/// Files and descriptors. All paths are passed to the kernel as they are; nothing is expanded.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace unrig {

/// Owns one file descriptor; closes it in the destructor. -1 when empty.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// The whole file. Error: environment, also when it is longer than `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t limit = 64 << 20);

/// At most the last `limit` bytes: for logs. Empty when the file cannot be read.
[[nodiscard]] std::string read_tail(const std::filesystem::path& path, std::size_t limit = 16384);

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Writes all of `content` or nothing: into a new file beside it, synced, then renamed over `path`.
/// Without `mode` a file that is there keeps its own, and a new one follows the umask. Devices and
/// pipes are written to, not replaced, and so are files behind a link; as root only behind root's
/// own links. `owner`: whom root gives the finished file to; not set: an old file's, or unrig's
/// own. Error: environment (full disk, read-only, …); an old file is untouched then.
[[nodiscard]] Result<> write_file(const std::filesystem::path& path, std::string_view content,
                                  std::optional<mode_t> mode = {}, std::optional<Owner> owner = {});

/// Removes a folder with all in it, links themselves and not where they lead; again for up to a
/// second while somebody who is going down still makes files there.
void remove_folder(const std::filesystem::path& folder, const Clock& clock);

/// Removes a control group and those in it: their files go with them. Again for up to a second
/// while the last process in it is going down.
void remove_control_group(const std::filesystem::path& folder, const Clock& clock);

/// Whether write_file could write there, as far as can be told without touching what is there.
/// Error: environment.
[[nodiscard]] Result<> check_writable(const std::filesystem::path& path);

/// Makes the folder and its parents where missing, with this mode less the umask (parents: 0755).
/// What is there keeps its mode.
[[nodiscard]] Result<> make_folder(const std::filesystem::path& path, mode_t mode = 0755);

}  // namespace unrig
