/// \file
/// The script that `unrig init` writes for servers that are no stacks: what is started, what is
/// asked for, what a right answer is, and the commands that measure. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "http/expect.h"

namespace unrig::cli {

/// What a script measures: one or two of a kind, URLs that somebody else serves, or commands that
/// the script starts. Checked by check_subject.
struct Subject {
  std::string a;
  std::string b;           ///< what it is held against; "": nothing
  bool commands = false;   ///< they are command lines of a shell, and {port} is their port
  std::string path = "/";  ///< that is asked of commands
  std::string folder;      ///< where commands run
  std::string program;     ///< unrig itself, as a shell may call it
  http::Expectation expect = {};
};

/// That a script can be written. Error: usage, for what is no URL, no path, or a command without
/// its port.
[[nodiscard]] Result<> check_subject(const Subject& subject);

/// For sh. Whatever the subject's texts are, they stay texts in it, but commands, which are run.
[[nodiscard]] std::string script_of(const Subject& subject);

}  // namespace unrig::cli
