/// \file
/// What processes write, as the kernel tells of it: the regular files that they have open, and how
/// much has gone through system calls.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unrig::host {

/// A regular file that somebody has open to write.
struct OpenFile {
  std::string path;  ///< as the kernel has it; of one that is gone, with " (deleted)" at its end
  std::uint64_t size = 0;  ///< bytes
  pid_t process = 0;       ///< one of those that have it open
};
/// By device and inode: a file may be open under several numbers, and have no name any more.
using OpenFiles = std::map<std::pair<dev_t, ino_t>, OpenFile>;

/// Those of all these processes; one that ends meanwhile has none. Empty: the kernel does not show
/// unrig what some of them have open. `proc` is for tests.
[[nodiscard]] std::optional<OpenFiles> files_open_to_write(
    std::span<const pid_t> processes, const std::filesystem::path& proc = "/proc");

/// A file that has become longer.
struct Growth {
  std::string path;
  pid_t process = 0;
  std::uint64_t bytes = 0;
};
/// Between two looks, of the files that were open at both; the one that grew most first.
[[nodiscard]] std::vector<Growth> grown_between(const OpenFiles& first, const OpenFiles& last);

/// "wchar" of /proc/PID/io; proc_pid_io(5). Empty for another text.
[[nodiscard]] std::optional<std::uint64_t> parse_written(std::string_view io);

/// Bytes that these processes have given to write(2) and its kin since they began, whatever that
/// wrote to: files, pipes, terminals, and sockets that are not used by send(2). Empty: the kernel
/// does not tell of one of them.
[[nodiscard]] std::optional<std::uint64_t> written_by_calls(
    std::span<const pid_t> processes, const std::filesystem::path& proc = "/proc");

}  // namespace unrig::host
