#include "host/open_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <system_error>

#include "base/file.h"
#include "base/number.h"
#include "host/as_owner.h"
#include "host/parse.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

/// Whether the descriptor was opened to write, by its flags in /proc/PID/fdinfo/N, which are octal.
bool is_writable(const fs::path& info) {
  constexpr int octal = 8;
  const auto text = read_file(info);
  if (!text) return false;
  const auto flags = std::strtoul(value_of(*text, "flags", ':').c_str(), nullptr, octal);
  return (flags & O_ACCMODE) != O_RDONLY;
}

void add_if_written(const fs::path& descriptor, const fs::path& info, pid_t process,
                    OpenFiles& files) {
  struct stat status {};
  if (::stat(descriptor.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (!is_writable(info)) return;
  std::error_code gone;
  files[{status.st_dev, status.st_ino}] = {.path = fs::read_symlink(descriptor, gone).string(),
                                           .size = static_cast<std::uint64_t>(status.st_size),
                                           .process = process};
}

}  // namespace

std::optional<OpenFiles> files_open_to_write(std::span<const pid_t> processes,
                                             const fs::path& proc) {
  OpenFiles files;
  for (const pid_t process : processes) {
    const auto folder = proc / std::to_string(process);
    const AsOwner eyes(process);
    std::error_code error;
    fs::directory_iterator it(folder / "fd", error);
    if (error == std::errc::permission_denied) return std::nullopt;
    for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
      const auto& descriptor = it->path();
      add_if_written(descriptor, folder / "fdinfo" / descriptor.filename(), process, files);
    }
  }
  return files;
}

std::vector<Growth> grown_between(const OpenFiles& first, const OpenFiles& last) {
  std::vector<Growth> grown;
  for (const auto& [id, now] : last) {
    const auto before = first.find(id);
    if (before == first.end() || now.size <= before->second.size) continue;
    grown.push_back(
        {.path = now.path, .process = now.process, .bytes = now.size - before->second.size});
  }
  std::ranges::stable_sort(grown, std::greater{}, &Growth::bytes);
  return grown;
}

std::optional<std::uint64_t> parse_written(std::string_view io) {
  return to_number<std::uint64_t>(value_of(io, "wchar", ':'));
}

std::optional<std::uint64_t> written_by_calls(std::span<const pid_t> processes,
                                              const fs::path& proc) {
  std::uint64_t sum = 0;
  for (const pid_t process : processes) {
    const AsOwner eyes(process);
    const auto text = read_file(proc / std::to_string(process) / "io");
    const auto written = text ? parse_written(*text) : std::nullopt;
    if (!written) return std::nullopt;
    sum += *written;
  }
  return sum;
}

}  // namespace unrig::host
