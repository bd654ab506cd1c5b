#include "base/result.h"

#include <cerrno>
#include <string_view>
#include <system_error>

namespace unrig {

namespace {

/// What mends it, whatever was tried: the same few causes for all that a system refuses.
std::string_view help_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return "use a place that this user may write to, or run as its owner: id, ls -ld FOLDER";
    case ENOSPC:
    case EDQUOT:
      return "make room: df -h shows what is full, unrig purge --all --plan what unrig keeps";
    case EROFS:
      return "use a place that is not mounted read-only: findmnt -T FOLDER";
    case EMFILE:
    case ENFILE:
      return "allow more open files: ulimit -n 65536";
    case EAGAIN:
    case ENOMEM:
      return "end what else is running, or allow more: free -h, ulimit -u";
    case ENOENT:
    case ENOTDIR:
      return "check how the path is spelt";
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
