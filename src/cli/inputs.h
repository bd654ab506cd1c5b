/// \file
/// The files that options name, read once and before anything is measured: what comes out of a pipe
/// comes out of it a single time.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace unrig::cli {

/// Not thread-safe.
class Inputs {
 public:
  /// `standard_input`: the descriptor that "-" stands for; not closed.
  explicit Inputs(int standard_input = 0) : standard_input_(standard_input) {}

  /// The content of a file, a pipe (a process substitution is one) or, for "-", of standard input.
  /// Asked for the same file again it gives the same bytes; standard input may be asked for by one
  /// option only. Error: usage, also for a folder and for what is longer than 64 MiB.
  [[nodiscard]] Result<std::string> read(const std::string& option,
                                         const std::filesystem::path& file);

 private:
  int standard_input_;
  std::string took_standard_input_;  ///< the option that did; "" for none
  std::map<std::filesystem::path, std::string> read_;
};

/// For a file that is read again whenever it is needed. Error: usage, when it is there and is no
/// regular file, which would give its bytes once. "" is no file.
[[nodiscard]] Result<> check_readable_again(const std::string& option,
                                            const std::filesystem::path& file);

}  // namespace unrig::cli
