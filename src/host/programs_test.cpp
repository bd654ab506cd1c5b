#include "host/programs.h"

#include <gtest/gtest.h>

#include "host/local_host.h"

namespace unrig::host {
namespace {

TEST(Programs, MissingProgramNamesItsPackage) {
  auto guard = process::Guard::start().value();
  const SystemClock clock;
  const LocalHost host(guard, clock);
  const auto missing = require_program(host, "no-such-program-here", "its-package");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::environment);
  EXPECT_EQ(missing.error().help, "apt-get install its-package");
}

}  // namespace
}  // namespace unrig::host
