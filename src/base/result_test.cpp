#include "base/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace unrig {
namespace {

using ::testing::HasSubstr;

TEST(FailErrno, HelpsWhereTheCauseAloneTellsHow) {
  const Error full = fail_errno("cannot write it", ENOSPC).error();
  EXPECT_EQ(full.kind, ErrorKind::environment);
  EXPECT_EQ(full.what, "cannot write it: No space left on device");
  EXPECT_THAT(full.help, HasSubstr("df -h"));
  EXPECT_THAT(fail_errno("a socket", EMFILE).error().help, HasSubstr("ulimit -n"));
  // A file, a port or a limit: each would need another step.
  for (const int unclear : {EACCES, EPERM, EAGAIN, ENOENT})
    EXPECT_EQ(fail_errno("it", unclear).error().help, "") << unclear;
}

}  // namespace
}  // namespace unrig
