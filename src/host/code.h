/// \file
/// Which code a process can run: its program and the libraries that it has mapped, as the kernel
/// shows them. Linux: read from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace unrig::host {

/// A part of a file that is mapped to be run.
struct Code {
  std::uint64_t begin = 0, end = 0;  ///< addresses, the last one not in it
  std::string file;  ///< as the kernel has it; of one that is gone, with " (deleted)"
  bool operator==(const Code&) const = default;
};
/// /proc/PID/maps; proc_pid_maps(5). What no file stands behind is left out.
[[nodiscard]] std::vector<Code> parse_maps(std::string_view maps);

/// One process.
struct Image {
  std::string program;  ///< the file that was started, links followed
  std::vector<Code> code;

  /// The files behind the code, each once.
  [[nodiscard]] std::vector<std::string> files() const;
};
/// Error: environment: it has ended, or the kernel does not show unrig its memory.
[[nodiscard]] Result<Image> image_of(pid_t process);

}  // namespace unrig::host
