/// \file
/// Expected failures as values. A bug is an assertion; only `main` turns an Error into an exit
/// code.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace unrig {

/// Who has to act. Each kind is one exit code of the program (see exit_code).
enum class ErrorKind {
  internal,     ///< unrig itself failed
  usage,        ///< an option or a configuration file is wrong
  environment,  ///< a program, port, file or right is missing on this machine
  measurement,  ///< everything ran, but nothing valid was measured
  interrupted,  ///< the user stopped it
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  ///< what is wrong, where (file:line:column) and why, one or more lines
  std::string help;  ///< the next step, best a command to type; empty if there is none
};

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(ErrorKind::usage, "…", "…");`
[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string what,
                                                 std::string help = {}) {
  return std::unexpected(Error{kind, std::move(what), std::move(help)});
}

/// "WHAT: strerror(error_number)" of kind environment, with what mends that cause where it is
/// known.
[[nodiscard]] std::unexpected<Error> fail_errno(const std::string& what, int error_number);

/// internal 1, usage 2, environment 3, measurement 4, interrupted 130.
[[nodiscard]] int exit_code(ErrorKind kind);

}  // namespace unrig
