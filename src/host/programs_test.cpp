#include "host/programs.h"

#include <gtest/gtest.h>

namespace unrig::host {
namespace {

TEST(Programs, MissingProgramNamesItsPackage) {
  const auto missing = require_program("no-such-program-here", "its-package");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::environment);
  EXPECT_EQ(missing.error().help, "apt-get install its-package");
}

}  // namespace
}  // namespace unrig::host
