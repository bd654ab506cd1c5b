#include "base/result.h"

#include <cerrno>
#include <string_view>
#include <system_error>

namespace unrig {

namespace {

/// What mends it, whatever was tried. Where that hangs on what was tried, as with EACCES, nothing.
std::string_view help_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "make room: df -h shows what is full, unrig purge --all --plan what unrig keeps";
    case EROFS:
      return "use a place that is not mounted read-only: findmnt shows which are";
    case EMFILE:
    case ENFILE:
      return "allow more open files: ulimit -n 65536";
    case ENOMEM:
      return "end what else is running: free -h shows what is left";
    default:
      return "";
  }
}

}  // namespace

std::unexpected<Error> fail_errno(const std::string& what, int error_number) {
  return fail(ErrorKind::environment, what + ": " + std::generic_category().message(error_number),
              std::string(help_of(error_number)));
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::internal:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::environment:
      return 3;
    case ErrorKind::measurement:
      return 4;
    case ErrorKind::interrupted:
      return 130;
  }
  return 1;
}

}  // namespace unrig
