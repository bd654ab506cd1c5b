#include "chain/service.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::chain {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServiceTest : public FolderTest {};

TEST_F(ServiceTest, TheFirstLineNamesWhatALogComplainsOf) {
  const auto log = write("log", "LOG:  starting\nFATAL:  could not map: Cannot allocate memory\n");
  EXPECT_THAT(start_error("PostgreSQL", "exit status 1", log).what,
              StartsWith("PostgreSQL did not start for want of memory: exit status 1; "));
  write("log", "FATAL:  insufficient file descriptors available to start server process\n");
  EXPECT_THAT(start_error("PostgreSQL", "exit status 1", log).what,
              HasSubstr("for want of file descriptors (ulimit -n): exit"));
  write("log", "[emerg] 0 worker_connections are not enough for 1 listening sockets\n");
  EXPECT_THAT(start_error("nginx", "exit status 1", log).what,
              HasSubstr("for want of file descriptors (ulimit -n): exit"));
  write("log", "[emerg] unknown directive\n");
  EXPECT_THAT(start_error("nginx", "exit status 1", log).what,
              StartsWith("nginx did not start: exit status 1; "));
}

}  // namespace
}  // namespace unrig::chain
