#include "stack/folders.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stack/service.h"
#include "stack/testing.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FoldersTest : public FolderTest {
 protected:
  [[nodiscard]] Result<Folders> open() { return Folders::open(folder() / "home", *guard_, clock_); }
  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
};

TEST_F(FoldersTest, OneUnrigPerHome) {
  {
    const auto first = open();
    ASSERT_TRUE(first) << first.error().what;
    const auto second = open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::environment);
    EXPECT_THAT(second.error().what, HasSubstr(std::to_string(getpid())));
    EXPECT_THAT(second.error().what, HasSubstr((folder() / "home").string()));
  }
  EXPECT_TRUE(open()) << "free again";
}

TEST_F(FoldersTest, RuntimeIsPrivateAndGoesWithItsOwner) {
  fs::path runtime;
  {
    const auto folders = open();
    ASSERT_TRUE(folders);
    runtime = folders->runtime();
    struct stat status {};
    ASSERT_EQ(stat(runtime.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    EXPECT_EQ(status.st_uid, folders->service_user() ? folders->service_user()->uid : geteuid());
    ASSERT_TRUE(folders->write_service_file(runtime / "secret", "x"));
    ASSERT_EQ(stat((runtime / "secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_LT((runtime / ".s.PGSQL.5432").string().size(), 100U);
  }
  EXPECT_FALSE(fs::exists(runtime));
}

TEST_F(FoldersTest, RuntimeOfAKilledUnrigIsRemovedAndNothingElse) {
  const auto user = geteuid() == 0 ? process::find_user("postgres").value_or(process::User{})
                                   : process::User{geteuid(), getegid()};
  write("unrig-stale/socket", "");
  write("other/file", "");
  for (const auto name : {"unrig-stale", "other"})
    ASSERT_EQ(chown((folder() / name).c_str(), user.uid, user.gid), 0);
  for (const auto name : {"other", "unrig-stale"}) {
    write("home/runtime", (folder() / name).string() + "\n");
    ASSERT_TRUE(open());
  }
  EXPECT_FALSE(fs::exists(folder() / "unrig-stale"));
  EXPECT_TRUE(fs::exists(folder() / "other/file"));
}

TEST_F(FoldersTest, HomeThatServicesCannotReachKeepsThemElsewhere) {
  if (geteuid() != 0) GTEST_SKIP() << "all runs as one user";
  fs::permissions(folder(), fs::perms(0700));
  fs::path services;
  {
    const auto folders = open();
    ASSERT_TRUE(folders) << folders.error().what;
    services = folders->services();
    EXPECT_NE(services, folders->home());
    struct stat status {};
    ASSERT_EQ(stat(services.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    EXPECT_EQ(status.st_uid, folders->service_user()->uid);
  }
  fs::remove_all(services);
  std::error_code not_empty;
  fs::remove(services.parent_path(), not_empty);
}

TEST_F(FoldersTest, HomeThatCannotBeMade) {
  write("home", "a file");
  const auto folders = open();
  ASSERT_FALSE(folders);
  EXPECT_EQ(folders.error().kind, ErrorKind::environment);
}

TEST(Service, MissingProgramNamesItsPackage) {
  const auto missing = require_program("no-such-program-here", "its-package");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::environment);
  EXPECT_EQ(missing.error().help, "apt-get install its-package");
}

}  // namespace
}  // namespace unrig::stack
