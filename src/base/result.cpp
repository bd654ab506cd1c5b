#include "base/result.h"

#include <system_error>

namespace unrig {

std::unexpected<Error> fail_errno(const std::string& what, int error_number) {
  return fail(ErrorKind::environment, what + ": " + std::generic_category().message(error_number));
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
