#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/place.h"
#include "base/random.h"

namespace unrig {
namespace fs = std::filesystem;

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(fmt::format("cannot read {}", path.string()), errno);
  std::string content;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(fmt::format("cannot read {}", path.string()), errno);
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > limit) {
      return fail(ErrorKind::environment,
                  fmt::format("{} is longer than {} bytes", path.string(), limit));
    }
  }
}

std::string read_tail(const fs::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return {};
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(limit));
  std::string content(static_cast<std::size_t>(size - start), '\0');
  const ssize_t n = ::pread(fd.get(), content.data(), content.size(), start);
  content.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return content;
}

namespace {

std::unexpected<Error> cannot_write(const fs::path& path, int error) {
  return fail_errno(fmt::format("cannot write {}", path.string()), error);
}

Result<> write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_write(path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// A new file may take the place of a file, but not of /dev/null or of a shell's pipe.
bool is_replaced(const Place& place, struct stat& old, bool& exists) {
  exists = !place.own_descriptor &&
           ::fstatat(place.folder.get(), place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  return !place.own_descriptor && (!exists || S_ISREG(old.st_mode));
}

UniqueFd open_as_it_is(const Place& place) {
  constexpr int flags = O_WRONLY | O_TRUNC | O_CLOEXEC;
  if (place.own_descriptor) return UniqueFd(::open(place.path.c_str(), flags));
  return UniqueFd(::openat(place.folder.get(), place.name.c_str(), flags | O_NOFOLLOW));
}

/// A new file beside the one that it will replace; its mode follows the umask, and nobody else can
/// read it where `is_private`. Sets `name`.
UniqueFd open_beside(const Place& place, bool is_private, std::string& name) {
  constexpr int attempts = 100;
  constexpr std::size_t name_bytes = 6;
  for (int i = 0; i < attempts; ++i) {
    name = fmt::format("{}.{}", place.name, random_secret(name_bytes));
    UniqueFd fd(::openat(place.folder.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         is_private ? 0600 : 0666));
    if (fd || errno != EEXIST) return fd;
  }
  return {};
}

/// Owner and mode that the new file shall have. 0, or an errno.
int hand_over(int fd, const struct stat* old, std::optional<mode_t> mode,
              const std::optional<Owner>& owner) {
  constexpr mode_t permissions = 0777;
  if (owner) {
    if (::fchown(fd, owner->uid, owner->gid) != 0) return errno;
  } else if (!mode && old != nullptr &&
             (old->st_uid != ::geteuid() || old->st_gid != ::getegid())) {
    // What has a mode of its own is a secret: never for whoever had put a file there. Only root
    // can; elsewhere the folder's owner replaces somebody's file by one of its own.
    static_cast<void>(!::fchown(fd, old->st_uid, old->st_gid));
  }
  const auto wanted = mode             ? mode
                      : old != nullptr ? std::optional(old->st_mode & permissions)
                                       : mode;
  return wanted && ::fchmod(fd, *wanted) != 0 ? errno : 0;
}

Result<Place> place_of(const fs::path& path) {
  auto place = find_place(path);
  if (!place) {
    return fail(place.error().kind,
                fmt::format("cannot write {}: {}", path.string(), place.error().what),
                place.error().help);
  }
  return place;
}

/// The inner ones first. Returns what errno says of the outer one, or 0.
int rmdir_all(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> inner;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) inner.push_back(entry.path());
  }
  for (const fs::path& each : inner) rmdir_all(each);
  return ::rmdir(folder.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<> write_file(const fs::path& path, std::string_view content, std::optional<mode_t> mode,
                    std::optional<Owner> owner) {
  const auto place = place_of(path);
  if (!place) return std::unexpected(place.error());
  struct stat old {};
  bool exists = false;
  if (!is_replaced(*place, old, exists)) {
    const UniqueFd fd = open_as_it_is(*place);
    return fd ? write_all(fd.get(), content, path) : cannot_write(path, errno);
  }
  std::string fresh;
  const UniqueFd fd = open_beside(*place, mode || exists, fresh);
  if (!fd) return cannot_write(path, errno);
  auto written = write_all(fd.get(), content, path);
  if (written) {
    const int error = hand_over(fd.get(), exists ? &old : nullptr, mode, owner);
    if (error != 0) written = cannot_write(path, error);
  }
  const int folder = place->folder.get();
  if (written && (::fsync(fd.get()) != 0 ||
                  ::renameat(folder, fresh.c_str(), folder, place->name.c_str()) != 0)) {
    written = cannot_write(path, errno);
  }
  if (!written) ::unlinkat(folder, fresh.c_str(), 0);
  return written;
}

void remove_folder(const fs::path& folder, const Clock& clock) {
  constexpr int attempts = 50;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (!error) return;
    clock.sleep_for(std::chrono::milliseconds(20));
  }
}

void remove_control_group(const fs::path& folder, const Clock& clock) {
  constexpr int attempts = 50;
  for (int attempt = 0; attempt < attempts && rmdir_all(folder) == EBUSY; ++attempt)
    clock.sleep_for(std::chrono::milliseconds(20));
}

Result<> check_writable(const fs::path& path) {
  const auto place = place_of(path);
  if (!place) return std::unexpected(place.error());
  struct stat old {};
  bool exists = false;
  if (!is_replaced(*place, old, exists)) {
    if (exists && S_ISDIR(old.st_mode)) return cannot_write(path, EISDIR);
    if (::access(place->path.c_str(), W_OK) == 0) return {};
    return cannot_write(path, errno);
  }
  std::string fresh;
  const UniqueFd fd = open_beside(*place, true, fresh);
  if (!fd) return cannot_write(path, errno);
  ::unlinkat(place->folder.get(), fresh.c_str(), 0);
  return {};
}

Result<> make_folder(const fs::path& path, mode_t mode) {
  fs::path made;
  for (const auto& step : path) {
    made /= step;
    if (::mkdir(made.c_str(), made == path ? mode : 0755) == 0 || errno == EEXIST) continue;
    // A folder that is there, but in which nothing can be made, says so in its own way.
    const int error = errno;
    std::error_code ignored;
    if (fs::is_directory(made, ignored)) continue;
    return fail_errno(fmt::format("cannot make the folder {}", path.string()), error);
  }
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return {};
  return fail_errno(fmt::format("cannot make the folder {}", path.string()), ENOTDIR);
}

}  // namespace unrig
