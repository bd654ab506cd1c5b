#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

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

enum class Kind { replaceable, folder, written_through };

/// A new file may take the place of a file, but not of /dev/null or of a link into another folder.
Kind kind_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return Kind::replaceable;
  return S_ISDIR(info.st_mode) ? Kind::folder : Kind::written_through;
}

Result<> write_through(const fs::path& path, std::string_view content, mode_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  return fd ? write_all(fd.get(), content, path) : cannot_write(path, errno);
}

}  // namespace

Result<> write_file(const fs::path& path, std::string_view content, mode_t mode) {
  if (kind_of(path) == Kind::written_through) return write_through(path, content, mode);
  std::string fresh = path.string() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!fd) return cannot_write(path, errno);
  auto written = write_all(fd.get(), content, path);
  if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                  ::rename(fresh.c_str(), path.c_str()) != 0)) {
    written = cannot_write(path, errno);
  }
  if (!written) ::unlink(fresh.c_str());
  return written;
}

Result<> check_writable(const fs::path& path) {
  const Kind kind = kind_of(path);
  if (kind == Kind::folder) return cannot_write(path, EISDIR);
  if (kind == Kind::written_through) {
    if (::access(path.c_str(), W_OK) == 0) return {};
    return cannot_write(path, errno);
  }
  std::string fresh = path.string() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!fd) return cannot_write(path, errno);
  ::unlink(fresh.c_str());
  return {};
}

Result<> make_folder(const fs::path& path, mode_t mode) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return fail(ErrorKind::environment,
                fmt::format("cannot make the folder {}: {}", path.string(), error.message()));
  }
  if (::chmod(path.c_str(), mode) != 0) {
    return fail_errno(fmt::format("cannot set the mode of {}", path.string()), errno);
  }
  return {};
}

}  // namespace unrig
