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

TEST(VersionIn, IsTheFirstWordThatBeginsWithADigit) {
  EXPECT_EQ(version_in("nginx version: nginx/1.22.1\n"), "1.22.1");
  EXPECT_EQ(version_in("nginx version: nginx/1.24.0 (Ubuntu)\n"), "1.24.0");
  EXPECT_EQ(version_in("PgBouncer 1.18.0\nlibevent 2.1.12\n"), "1.18.0");
  EXPECT_EQ(version_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), "15.18");
  EXPECT_EQ(version_in("postgres (PostgreSQL) 18beta1"), "18beta1");
  EXPECT_EQ(version_in("v2 of it"), "") << "a digit within a word begins none";
  EXPECT_EQ(version_in(""), "");
}

}  // namespace
}  // namespace unrig::host
