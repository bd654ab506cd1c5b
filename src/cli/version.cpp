#include "cli/version.h"

#include "commit.h"

namespace unrig::cli {

std::string_view version() {
  return UNRIG_VERSION;
}
std::string_view commit() {
  return UNRIG_COMMIT;
}

}  // namespace unrig::cli
