/// \file
/// Standard output, and what an exception that nobody expected means. Every command prints its data
/// through here, so that a disk that is full or a pipe that is closed is noticed.
#pragma once

#include <exception>
#include <string_view>

#include "base/result.h"

namespace unrig::cli {

/// To be called before any file is opened. Takes the place of standard descriptors that are closed,
/// so that no socket or database gets their numbers, and what is printed there still fails. A pipe
/// whose reader is gone becomes an error of the write instead of a signal.
void keep_standard_descriptors();

/// Writes all of it, unbuffered. A reader that has gone away has seen enough: that is no error.
/// Error: environment (full disk, closed output, ...).
[[nodiscard]] Result<> print(std::string_view text);

/// The exit code 0 after what succeeded, or its error.
[[nodiscard]] Result<int> exit_after(const Result<>& done);

/// The error that an exception stands for. Environment: no memory, no threads or processes to be
/// had, and what a file system refuses. Else internal.
[[nodiscard]] Error error_of(const std::exception_ptr& exception);

/// "unrig: WHAT" and "help: ..." on standard error; the exit code that goes with it.
int report(const Error& error, bool no_color = false);

}  // namespace unrig::cli
