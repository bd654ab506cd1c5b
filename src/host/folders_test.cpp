#include "host/folders.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/testing_folder.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::optional<std::string> read_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

class FoldersTest : public FolderTest {
 protected:
  [[nodiscard]] Result<Folders> open() { return Folders::open(folder() / "home", *guard_, clock_); }
  static struct stat status(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
    return found;
  }
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
    ASSERT_TRUE(folders) << folders.error().what;
    runtime = folders->runtime();
    const auto service = folders->service_user().value_or(process::User{geteuid(), getegid()});
    EXPECT_EQ(status(runtime).st_mode & 07777, geteuid() == 0 ? 0750U : 0700U);
    EXPECT_EQ(status(runtime).st_uid, geteuid()) << "nobody else writes there";
    EXPECT_EQ(status(runtime).st_gid, service.gid);
    ASSERT_TRUE(folders->write_service_file(runtime / "secret", "x"));
    EXPECT_EQ(status(runtime / "secret").st_mode & 07777, 0600U);
    EXPECT_EQ(status(runtime / "secret").st_uid, service.uid);
    ASSERT_TRUE(folders->make_service_folder(runtime / "own"));
    EXPECT_EQ(status(runtime / "own").st_mode & 07777, 0700U);
    EXPECT_EQ(status(runtime / "own").st_uid, service.uid);
    EXPECT_LT((runtime / "relay-database/.s.PGSQL.5432").string().size(), 100U);
  }
  EXPECT_FALSE(fs::exists(runtime));
}

TEST_F(FoldersTest, RuntimeOfAKilledUnrigIsRemovedAndNothingElse) {
  write("unrig-stale1/socket", "");
  write("other/file", "");
  for (const auto name : {"other", "unrig-stale1"}) {
    write("home/runtime", (folder() / name).string() + "\n");
    ASSERT_TRUE(open());
  }
  EXPECT_FALSE(fs::exists(folder() / "unrig-stale1"));
  EXPECT_TRUE(fs::exists(folder() / "other/file"));
}

TEST_F(FoldersTest, RuntimeOfAnUnrigThatLivesStaysWhereItsHomeWasCopied) {
  const auto held = open();
  ASSERT_TRUE(held) << held.error().what;
  write("copy/runtime", held->runtime().string() + "\n");
  ASSERT_TRUE(Folders::open(folder() / "copy", *guard_, clock_));
  EXPECT_TRUE(fs::exists(held->runtime()));
}

TEST_F(FoldersTest, WhatIsAbandonedGoesWhateverTheHomeAndNothingElse) {
  const auto before = read_variable("XDG_RUNTIME_DIR");
  setenv("XDG_RUNTIME_DIR", folder().c_str(), 1);
  const auto held = open();
  ASSERT_TRUE(held) << held.error().what;
  const std::vector<fs::path> kept{held->runtime(),
                                   write("unrig-nolock/password", "x").parent_path(),
                                   write("unrig-abcdefg/in-use", "UNRIG_GUARD=0").parent_path(),
                                   write("unrig-a.cdef/in-use", "UNRIG_GUARD=0").parent_path()};
  const auto link = folder() / "unrig-linked";
  fs::create_directory_symlink(folder() / "unrig-abcdefg", link);
  const auto abandoned = write("unrig-aB3def/in-use", "UNRIG_GUARD=of nobody").parent_path();
  write("unrig-aB3def/password", "x");
  remove_abandoned(clock_);
  before ? setenv("XDG_RUNTIME_DIR", before->c_str(), 1) : unsetenv("XDG_RUNTIME_DIR");
  EXPECT_FALSE(fs::exists(abandoned));
  for (const auto& path : kept) EXPECT_TRUE(fs::exists(path)) << path;
  EXPECT_TRUE(fs::is_symlink(link));
}

TEST_F(FoldersTest, NothingIsRemovedInARuntimeFolderOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give away";
  const auto others = write("others/unrig-aB3def/in-use", "UNRIG_GUARD=of nobody").parent_path();
  ASSERT_EQ(chown((folder() / "others").c_str(), 65534, 65534), 0);
  const auto before = read_variable("XDG_RUNTIME_DIR");
  setenv("XDG_RUNTIME_DIR", (folder() / "others").c_str(), 1);
  remove_abandoned(clock_);
  before ? setenv("XDG_RUNTIME_DIR", before->c_str(), 1) : unsetenv("XDG_RUNTIME_DIR");
  EXPECT_TRUE(fs::exists(others));
}

TEST_F(FoldersTest, HomeThatIsThereKeepsItsMode) {
  ASSERT_TRUE(make_folder(folder() / "home"));
  fs::permissions(folder() / "home", fs::perms(0711));
  ASSERT_TRUE(open());
  EXPECT_EQ(status(folder() / "home").st_mode & 07777, 0711U);
}

TEST_F(FoldersTest, HomeWhereOthersCanPlantSomethingIsRefused) {
  ASSERT_TRUE(make_folder(folder() / "home"));
  for (const auto& [path, mode] :
       {std::pair{folder() / "home", 0777}, {folder() / "home", 01777}, {folder(), 0777}}) {
    const auto before = status(path).st_mode & 07777;
    fs::permissions(path, fs::perms(mode));
    const auto refused = open();
    ASSERT_FALSE(refused) << path << " " << mode;
    EXPECT_EQ(refused.error().kind, ErrorKind::environment);
    EXPECT_THAT(refused.error().help, HasSubstr("--home"));
    EXPECT_TRUE(fs::is_empty(folder() / "home"));
    EXPECT_EQ(status(path).st_mode & 07777, static_cast<mode_t>(mode));
    fs::permissions(path, fs::perms(before));
  }
}

TEST_F(FoldersTest, RootTakesNothingOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give away";
  constexpr uid_t nobody = 65534;
  const auto give_away = [](const fs::path& path) {
    ASSERT_EQ(lchown(path.c_str(), nobody, nobody), 0) << path;
  };
  ASSERT_TRUE(make_folder(folder() / "home/logs"));
  give_away(folder() / "home/logs");
  EXPECT_FALSE(open()) << "its logs folder";
  give_away(folder() / "home");
  EXPECT_FALSE(open()) << "the home";
  fs::remove_all(folder() / "home");
  write("victim", "as it was");
  ASSERT_TRUE(make_folder(folder() / "home"));
  fs::create_symlink(folder() / "victim", folder() / "home/lock");
  EXPECT_FALSE(open());
  fs::remove(folder() / "home/lock");
  const auto folders = open();
  ASSERT_TRUE(folders) << folders.error().what;
  for (const auto name : {"taken", "linked"}) {
    const auto path = folders->runtime() / name;
    if (name == std::string_view("taken")) {
      ASSERT_TRUE(make_folder(path));
    } else {
      fs::create_directory_symlink(folder(), path);
    }
    give_away(path);
    EXPECT_FALSE(folders->make_service_folder(path));
    EXPECT_FALSE(folders->make_shared_folder(path));
  }
  fs::create_symlink(folder() / "victim", folders->runtime() / "userlist.txt");
  give_away(folders->runtime() / "userlist.txt");
  EXPECT_FALSE(folders->write_service_file(folders->runtime() / "userlist.txt", "x"));
  EXPECT_EQ(read_file(folder() / "victim").value(), "as it was");
  EXPECT_EQ(status(folder() / "victim").st_uid, 0U);
}

TEST_F(FoldersTest, WhatTheServiceUserCannotReachIsCopiedForIt) {
  write("closed/app/main.py", "print()", 0600);
  write("open/main.py", "print()");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(9999);
  fs::last_write_time(folder() / "closed/app/main.py", long_ago);
  fs::permissions(folder() / "closed", fs::perms(0700));
  const auto folders = open();
  ASSERT_TRUE(folders) << folders.error().what;
  EXPECT_EQ(folders->readable(folder() / "open").value(), folder() / "open");
  const auto copy = folders->readable(folder() / "closed/app");
  ASSERT_TRUE(copy) << copy.error().what;
  EXPECT_EQ(*copy == folder() / "closed/app", geteuid() != 0);
  EXPECT_EQ(read_file(*copy / "main.py").value(), "print()");
  EXPECT_EQ(fs::last_write_time(*copy / "main.py"), long_ago);
  if (geteuid() != 0) return;
  EXPECT_EQ(folders->copied_libraries(*copy / "main.py"), copy->parent_path() / "lib");
  EXPECT_EQ(folders->copied_libraries(folder() / "open/main.py"), "");
  process::Command cat{.argv = {"/bin/cat", (*copy / "main.py").string()},
                       .user = folders->service_user()};
  EXPECT_EQ(process::run(cat, *guard_, clock_, std::chrono::minutes(1))->text, "print()");
}

TEST_F(FoldersTest, OfAWholeHomeOnlyWhatIsNamedIsCopied) {
  if (geteuid() != 0) GTEST_SKIP() << "all runs as one user";
  write("closed/bin/python3", "python", 0755);
  write("closed/lib/python3/os.py", "os");
  write("closed/mail/letter", "private");
  fs::permissions(folder() / "closed", fs::perms(0700));
  const auto folders = open();
  ASSERT_TRUE(folders) << folders.error().what;
  constexpr std::array<std::string_view, 3> names = {"bin", "include", "lib"};
  const auto copy = folders->readable(folder() / "closed", names);
  ASSERT_TRUE(copy) << copy.error().what;
  EXPECT_EQ(read_file(*copy / "lib/python3/os.py").value(), "os");
  EXPECT_TRUE(folders->can_read(*copy / "bin/python3").value());
  EXPECT_FALSE(fs::exists(*copy / "mail"));
}

/// What root's unrig left when its services were the machine's `postgres`, and builds were root.
TEST_F(FoldersTest, AHomeOfAnEarlierUnrigIsGoneOnWith) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give away";
  constexpr uid_t postgres = 65534;  // anybody who is neither root nor the account
  for (const auto name : {"postgres/15-0/PG_VERSION", "unrig-killed/postgresql.conf"}) {
    const auto path = write(fs::path("home") / name, "15");
    for (const auto& each : {path, path.parent_path(), path.parent_path().parent_path()}) {
      if (each == folder() / "home") continue;
      ASSERT_EQ(chown(each.c_str(), postgres, postgres), 0);
    }
  }
  for (const auto name : {"environments/2026-wsgi-0/complete", "cache/wheel", "logs/database.log"})
    write(fs::path("home") / name, "x");
  write("home/scratch/left", "x");
  fs::permissions(folder() / "home/scratch", fs::perms(0700));
  write("home/runtime", (folder() / "home/unrig-killed").string() + "\n");
  const auto folders = open();
  ASSERT_TRUE(folders) << folders.error().what;
  EXPECT_EQ(folders->services(), folders->home());
  for (const auto name : {"database", "environments"})
    EXPECT_TRUE(folders->make_shared_folder(folders->services() / name)) << name;
  EXPECT_TRUE(folders->make_service_folder(folders->services() / "cache-unrig"));
  EXPECT_TRUE(fs::exists(folder() / "home/postgres/15-0/PG_VERSION")) << "purge removes it";
  EXPECT_TRUE(fs::exists(folder() / "home/unrig-killed")) << "not root's";
}

TEST_F(FoldersTest, AFolderAroundTheHomeIsCopiedOnce) {
  if (geteuid() != 0) GTEST_SKIP() << "all runs as one user";
  write("main.py", "print()");
  fs::permissions(folder(), fs::perms(0711));  // it can be gone through, and not be read
  const auto folders = open();
  ASSERT_TRUE(folders) << folders.error().what;
  const auto copy = folders->readable(folder());
  ASSERT_TRUE(copy) << copy.error().what;
  EXPECT_EQ(read_file(*copy / "main.py").value(), "print()");
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
    EXPECT_EQ(status(services).st_mode & 07777, 0750U);
    EXPECT_EQ(status(services).st_uid, 0U);
    EXPECT_EQ(status(services).st_gid, folders->service_user()->gid);
  }
  // As it is when the account was removed and made again.
  ASSERT_EQ(chown(services.c_str(), 0, 0), 0);
  const auto closed = open();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().what, HasSubstr("cannot enter " + services.string()));
  ASSERT_EQ(std::system(closed.error().help.c_str()), 0) << closed.error().help;
  EXPECT_TRUE(open()) << "the command helps";
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

}  // namespace
}  // namespace unrig::host
