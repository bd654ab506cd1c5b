#include "runtime/python/environment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <set>

#include "base/testing_folder.h"
#include "base/text.h"
#include "runtime/advice.h"

namespace unrig::runtime::python {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(EnvironmentName, ChangesWithEverythingThatIsInstalled) {
  const EnvironmentName name{"2026", "wsgi"};
  const Interpreter python{"/usr/bin/python3", {3, 11, 2}};
  const auto base = environment_folder_name(name, "lock", python, "2026-11-24", {});
  EXPECT_THAT(base, ::testing::MatchesRegex("2026-wsgi-[0-9a-f]{12}"));
  EXPECT_EQ(environment_folder_name(name, "lock", python, "2026-11-24", {}), base);
  EXPECT_NE(environment_folder_name(name, "lock2", python, "2026-11-24", {}), base);
  EXPECT_NE(
      environment_folder_name(name, "lock", {"/usr/bin/python3", {3, 11, 3}}, "2026-11-24", {}),
      base);
  EXPECT_NE(environment_folder_name(name, "lock", {"/opt/python3", {3, 11, 2}}, "2026-11-24", {}),
            base);
  EXPECT_NE(environment_folder_name(name, "lock", python, "2026-11-25", {}), base);
  EXPECT_NE(environment_folder_name(name, "lock", python, "2026-11-24", {{"CFLAGS", "-O1"}}), base);
}

TEST(BuildAdvice, NamesTheDebianPackage) {
  EXPECT_THAT(advice_for_build("fatal error: Python.h: No such file or directory"),
              HasSubstr("python3-dev"));
  EXPECT_EQ(advice_for_build("a.c:1:10: fatal error: libpq-fe.h: No such file or directory\n"),
            "apt-get install libpq-dev");
  EXPECT_EQ(advice_for_build("fatal error: openssl/ssl.h: No such file or directory"),
            "apt-get install libssl-dev");
  EXPECT_EQ(advice_for_build("fatal error: sys/capability.h: No such file or directory"),
            "apt-get install libcap-dev")
      << "the file itself is told apart from its folder";
  EXPECT_THAT(advice_for_build("fatal error: none.h: No such file or directory"),
              HasSubstr("apt-file search none.h"));
  EXPECT_THAT(advice_for_build("error: command 'gcc' failed: No such file or directory"),
              HasSubstr("apt-get install gcc"));
  EXPECT_THAT(advice_for_build("Hash mismatch for `flask==3.1.3`"), HasSubstr("do not trust"));
  EXPECT_THAT(advice_for_build("No space left on device (os error 28)"), HasSubstr("full"));
  EXPECT_THAT(advice_for_build("invalid peer certificate: UnknownIssuer"),
              HasSubstr("SSL_CERT_FILE=/path/authority.pem unrig run"));
  EXPECT_THAT(advice_for_build("something else"), IsEmpty());
}

TEST(BuildAdvice, IsWhatTheBuildSaysItself) {
  EXPECT_EQ(advice_for_build("CMake Error at stack.cmake:2:\n  Boost::fiber is missing\n\n"
                             "    apt-get install libboost-fiber1.81-dev\n\n"
                             "-- Configuring incomplete, errors occurred!\n"),
            "apt-get install libboost-fiber1.81-dev");
  EXPECT_EQ(advice_for_build("apt-get install a"), "apt-get install a");
  EXPECT_EQ(advice_for_build("apt-get install a\napt-get install b\n"), "apt-get install b")
      << "the last one";
  EXPECT_THAT(advice_for_build("you could run apt-get install a\n"), IsEmpty())
      << "a word in a sentence is none";
}

/// A home, a vintage, and a program in the place of uv that writes down how it was called.
class EnvironmentsTest : public FolderTest {
 protected:
  EnvironmentsTest() {
    write("vintages/2026/vintage.toml", "python = '3.12'\nexclude_newer = '2026-11-24'\n");
    write("vintages/2026/wsgi.txt", "flask==1 --hash=sha256:0\n");
    python_ = write("python/bin/python3.12", "#!/bin/sh\necho cpython final 3.12.4\n", 0755);
    set_uv("");
    const auto calls = write("calls", "");
    const auto account = host::find_service_user();  // as root, builds run as that one
    if (account && *account) {
      EXPECT_EQ(::chown(calls.c_str(), (*account)->uid, (*account)->gid), 0);
    }
  }
  ~EnvironmentsTest() override { unsetenv("UNRIG_UV"); }

  /// `more` runs as the last thing.
  void set_uv(std::string_view more) {
    const auto uv = write("uv",
                          fmt::format("#!/bin/sh\n"
                                      "echo \"$@\" >> {0}/calls\n"
                                      "echo \"FLAGS=$CFLAGS DOWNLOADS=$UV_PYTHON_DOWNLOADS "
                                      "VENV=$VIRTUAL_ENV\" >> {0}/calls\n"
                                      "echo \"CERTS=$UV_SYSTEM_CERTS FILE=$SSL_CERT_FILE "
                                      "PROXY=$HTTPS_PROXY\" >> {0}/calls\n"
                                      "echo \"LINK=$LIBRARY_PATH START=$LD_LIBRARY_PATH\" "
                                      ">> {0}/calls\n"
                                      "if [ \"$1\" = venv ]; then\n"
                                      "  mkdir -p \"$5/bin\" && echo > \"$5/bin/python\"\n"
                                      "fi\n{1}\n",
                                      folder().string(), more),
                          0755);
    setenv("UNRIG_UV", uv.c_str(), 1);
  }
  [[nodiscard]] std::vector<Result<PythonEnvironment>> prepare(
      const std::vector<EnvironmentName>& names) {
    const auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
    EXPECT_TRUE(folders) << folders.error().what;
    Environments environments({folder() / "vintages", folder() / "no-tools", "", python_}, *guard_,
                              clock_, &*folders);
    return environments.prepare(names);
  }
  [[nodiscard]] std::string calls() const { return read_file(folder() / "calls").value_or(""); }
  [[nodiscard]] std::size_t environments() const {
    std::error_code none;
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder() / "home/environments", none)) {
      count += entry.is_directory() ? 1 : 0;
    }
    return count;
  }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::filesystem::path python_;
};

TEST_F(EnvironmentsTest, MadeOnceWithHashesAndTheCut) {
  setenv("VIRTUAL_ENV", "/somewhere", 1);
  const auto first = prepare({{"2026", "wsgi"}});
  unsetenv("VIRTUAL_ENV");
  ASSERT_TRUE(first[0]) << first[0].error().what;
  EXPECT_THAT(calls(), HasSubstr("venv --no-project --python " + python_.string()));
  EXPECT_THAT(calls(), HasSubstr("--require-hashes"));
  EXPECT_THAT(calls(), HasSubstr("--exclude-newer 2026-11-24"));
  EXPECT_THAT(calls(), HasSubstr("DOWNLOADS=never VENV=\n"));
  EXPECT_EQ(calls().find("--no-cache"), std::string::npos);

  const auto before = calls();
  const auto second = prepare({{"2026", "wsgi"}, {"2026", "wsgi"}});
  ASSERT_TRUE(second[1]);
  EXPECT_EQ(second[0]->folder, first[0]->folder);
  EXPECT_EQ(calls(), before) << "uv is not asked again";
}

TEST_F(EnvironmentsTest, IsBuiltWithTheLibrariesOfACopiedInterpreter) {
  if (geteuid() != 0) GTEST_SKIP() << "copies are made for another account than one's own";
  std::filesystem::permissions(folder() / "python", std::filesystem::perms(0700));
  setenv("LIBRARY_PATH", "/opt/lib", 1);
  const auto made = prepare({{"2026", "wsgi"}});
  unsetenv("LIBRARY_PATH");
  ASSERT_TRUE(made[0]) << made[0].error().what;
  EXPECT_THAT(calls(), ::testing::ContainsRegex("LINK=[^ :]*/copies/[^ :]*/lib:/opt/lib "
                                                "START=[^ :]*/copies/[^ :]*/lib\n"));
}

TEST_F(EnvironmentsTest, TrustsWhatTheMachineAndTheCallerTrust) {
  setenv("SSL_CERT_FILE", "/some/authority.pem", 1);
  setenv("HTTPS_PROXY", "http://127.0.0.1:3128", 1);
  const auto made = prepare({{"2026", "wsgi"}});
  unsetenv("HTTPS_PROXY");
  unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(made[0]) << made[0].error().what;
  EXPECT_THAT(calls(),
              HasSubstr("CERTS=true FILE=/some/authority.pem PROXY=http://127.0.0.1:3128"));
}

TEST_F(EnvironmentsTest, OfRootsVariablesTheAccountGetsWhatBuildsNeed) {
  set_uv(fmt::format("echo \"TOKEN=$SOMEBODYS_TOKEN CC=$CC\" >> {}/calls", folder().string()));
  setenv("SOMEBODYS_TOKEN", "secret", 1);
  setenv("CC", "my-cc", 1);
  const auto made = prepare({{"2026", "wsgi"}});
  unsetenv("SOMEBODYS_TOKEN");
  unsetenv("CC");
  ASSERT_TRUE(made[0]) << made[0].error().what;
  EXPECT_THAT(calls(), HasSubstr(geteuid() == 0 ? "TOKEN= CC=my-cc\n" : "TOKEN=secret CC=my-cc\n"));
}

TEST_F(EnvironmentsTest, CredentialsInItsLogAreNoMessage) {
  set_uv("echo 'cannot fetch https://name:s3cr3t@host/simple'; exit 1");
  const auto made = prepare({{"2026", "wsgi"}});
  ASSERT_FALSE(made[0]);
  EXPECT_THAT(made[0].error().what, HasSubstr("https://…@host/simple"));
  EXPECT_EQ(made[0].error().what.find("s3cr3t"), std::string::npos);
}

TEST_F(EnvironmentsTest, TellsHowManyAreMissingAtOnceAndEachThatIsDone) {
  write("vintages/2026/asgi.txt", "starlette==1 --hash=sha256:0\n");
  const auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
  ASSERT_TRUE(folders) << folders.error().what;
  Environments environments({folder() / "vintages", folder() / "no-tools", "", python_}, *guard_,
                            clock_, &*folders);
  std::vector<BuildProgress> told;
  const auto tell = [&](const BuildProgress& now) { told.push_back(now); };
  const std::vector<EnvironmentName> names{{"2026", "wsgi"}, {"2026", "asgi"}};
  ASSERT_EQ(environments.prepare(names, tell).size(), 2u);
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told.front().done, 0u);
  EXPECT_EQ(told.front().of, 2u);
  EXPECT_THAT(told.front().under_way,
              ElementsAre("asgi of 2026: creating", "wsgi of 2026: creating"));
  EXPECT_EQ(told.back().done, 2u);
  EXPECT_THAT(told.back().under_way, IsEmpty());

  told.clear();
  ASSERT_EQ(environments.prepare(names, tell).size(), 2u);
  EXPECT_THAT(told, IsEmpty()) << "nothing is missing";
}

TEST_F(EnvironmentsTest, FindsTheInterpreterAndMakesNothing) {
  Environments environments(
      {folder() / "vintages", folder() / "no-tools", folder() / "home", python_}, *guard_, clock_);
  const auto found = environments.find({"2026", "wsgi"});
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->path, python_);
  EXPECT_EQ(calls(), "");
  EXPECT_FALSE(std::filesystem::exists(folder() / "home"));
  EXPECT_THAT(environments.find({"2026", "none"}).error().what, HasSubstr("no lock"));
}

TEST_F(EnvironmentsTest, IsMadeOnceItIsFinished) {
  const auto is_made = [&] {
    Environments environments(
        {folder() / "vintages", folder() / "no-tools", folder() / "home", python_}, *guard_,
        clock_);
    return environments.is_made({"2026", "wsgi"});
  };
  EXPECT_FALSE(is_made());
  ASSERT_TRUE(prepare({{"2026", "wsgi"}})[0]);
  EXPECT_TRUE(is_made());
  write("vintages/2026/wsgi.txt", "flask==2 --hash=sha256:0\n");
  EXPECT_FALSE(is_made()) << "not for another lock";
}

TEST_F(EnvironmentsTest, NamesTheToolsOfABuild) {
  Environments environments({folder() / "vintages", folder() / "no-tools", folder(), python_},
                            *guard_, clock_);
  const auto tools = environments.tools();
  ASSERT_EQ(tools.size(), 2u);
  EXPECT_EQ(tools[0].name, "uv");
  EXPECT_EQ(tools[0].found.value_or(""), folder() / "uv");
  EXPECT_EQ(tools[1].name, "gcc");
  if (!tools[1].found) {
    EXPECT_THAT(tools[1].found.error().help, HasSubstr("apt-get install gcc"));
  }
}

TEST_F(EnvironmentsTest, WhatABuildLeavesLyingAboutGoes) {
  set_uv("touch $TMPDIR/lock && echo \"TMPDIR=$TMPDIR\" >> " + (folder() / "calls").string());
  const auto made = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(made[0]) << made[0].error().what;
  const auto own = made[0]->folder.string() + ".temporary";
  EXPECT_THAT(calls(), HasSubstr("TMPDIR=" + own + "\n"));
  EXPECT_FALSE(std::filesystem::exists(own));
}

TEST_F(EnvironmentsTest, HalfMadeOneIsMadeAnew) {
  const auto first = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(first[0]);
  const auto once = calls().size();
  std::filesystem::remove(first[0]->folder / "complete");
  ASSERT_TRUE(prepare({{"2026", "wsgi"}})[0]);
  EXPECT_EQ(calls().size(), 2 * once);
}

TEST_F(EnvironmentsTest, OneThatOnlyRootCanUseIsMadeAnew) {
  if (geteuid() != 0) GTEST_SKIP() << "all runs as one user";
  const auto first = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(first[0]) << first[0].error().what;
  // As an earlier unrig made it, that built as root, with an interpreter of root's own.
  const auto hidden = write("closed/python3", "", 0755);
  std::filesystem::permissions(folder() / "closed", std::filesystem::perms(0700));
  std::filesystem::remove(first[0]->python());
  std::filesystem::create_symlink(hidden, first[0]->python());
  const auto second = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(second[0]) << second[0].error().what;
  EXPECT_FALSE(std::filesystem::is_symlink(second[0]->python())) << "made anew";
  EXPECT_EQ(environments(), 1u);
}

TEST_F(EnvironmentsTest, TakesThePlaceOfTheOneForAnotherLock) {
  write("vintages/2026/wsgi-more.txt", "");
  const auto before = prepare({{"2026", "wsgi"}, {"2026", "wsgi-more"}});
  ASSERT_TRUE(before[0] && before[1]);
  const auto home = folder() / "home/environments";
  write(home / "2026-wsgi-00000000000a/half", "a killed run left it");
  write(home / "2026-wsgi-00000000000b/complete", "python 3.12.4 /another/python\nlock x\n");
  write("vintages/2026/wsgi.txt", "flask==2 --hash=sha256:1\n");
  const auto after = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(after[0]) << after[0].error().what;
  std::set<std::filesystem::path> kept;
  for (const auto& entry : std::filesystem::directory_iterator(home)) {
    if (entry.is_directory()) kept.insert(entry.path());
  }
  EXPECT_EQ(kept, (std::set{after[0]->folder, before[1]->folder, home / "2026-wsgi-00000000000b"}));
  EXPECT_FALSE(std::filesystem::exists(before[0]->folder.string() + ".lock"));
}

TEST_F(EnvironmentsTest, KeepsTheOldOneWhereTheNewOneFails) {
  const auto before = prepare({{"2026", "wsgi"}});
  ASSERT_TRUE(before[0]);
  write("vintages/2026/wsgi.txt", "flask==2 --hash=sha256:1\n");
  set_uv("exit 1");
  EXPECT_FALSE(prepare({{"2026", "wsgi"}})[0]);
  EXPECT_TRUE(std::filesystem::exists(before[0]->python()));
}

TEST_F(EnvironmentsTest, FailureTellsTheLastLinesAndLeavesNothing) {
  set_uv("if [ \"$1\" = pip ]; then echo 'fatal error: Python.h: No such file'; exit 3; fi");
  write("vintages/2026/other.txt", "");
  const auto results = prepare({{"2026", "wsgi"}, {"2026", "none"}});
  ASSERT_FALSE(results[0]);
  EXPECT_EQ(results[0].error().kind, ErrorKind::environment);
  EXPECT_THAT(results[0].error().what, HasSubstr("vintages/2026/wsgi.txt: exit status 3"));
  EXPECT_THAT(results[0].error().what, HasSubstr("Python.h"));
  EXPECT_THAT(results[0].error().help, HasSubstr("python3-dev"));
  EXPECT_EQ(environments(), 0U);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().kind, ErrorKind::usage);
  EXPECT_THAT(results[1].error().what, HasSubstr("no lock for the group 'none'"));
}

TEST_F(EnvironmentsTest, GroupThatNeedsAnotherComesAfterItWithItsFlags) {
  write("vintages/2026/vintage.toml",
        "python = '3.12'\nexclude_newer = '2026-11-24'\n"
        "[group.meinheld]\nafter = 'gevent'\nno_cache = true\n"
        "environment = { CFLAGS = '-I{gevent}/lib/python{python_version}' }\n");
  write("vintages/2026/meinheld.txt", "a\n");
  write("vintages/2026/gevent.txt", "b\n");
  const auto results = prepare({{"2026", "meinheld"}, {"2026", "gevent"}});
  ASSERT_TRUE(results[0]) << results[0].error().what;
  ASSERT_TRUE(results[1]);
  std::vector<std::string> locks;
  for (const auto& line : split(calls(), '\n')) {
    if (line.starts_with("pip")) locks.push_back(line.substr(line.rfind('/') + 1));
  }
  EXPECT_THAT(locks, ElementsAre("gevent.txt", "meinheld.txt"));
  EXPECT_THAT(calls(), HasSubstr("--no-cache"));
  EXPECT_THAT(calls(), HasSubstr("FLAGS=-I" + results[1]->folder.string() + "/lib/python3.12 "));
}

TEST_F(EnvironmentsTest, FailureTakesThoseThatComeAfterWithIt) {
  write("vintages/2026/vintage.toml",
        "python = '3.12'\nexclude_newer = '2026-11-24'\n[group.b]\nafter = 'a'\n");
  write("vintages/2026/a.txt", "a\n");
  write("vintages/2026/b.txt", "b\n");
  set_uv("exit 1");
  const auto results = prepare({{"2026", "b"}});
  ASSERT_FALSE(results[0]);
  EXPECT_THAT(results[0].error().what, HasSubstr("environment a of vintage 2026"));
}

TEST_F(EnvironmentsTest, GroupsThatComeAfterEachOtherAreAnError) {
  write("vintages/2026/vintage.toml",
        "python = '3.12'\nexclude_newer = '2026-11-24'\n"
        "[group.a]\nafter = 'b'\n[group.b]\nafter = 'a'\n");
  write("vintages/2026/a.txt", "a\n");
  write("vintages/2026/b.txt", "b\n");
  const auto results = prepare({{"2026", "a"}});
  ASSERT_FALSE(results[0]);
  EXPECT_EQ(results[0].error().kind, ErrorKind::usage);
}

TEST_F(EnvironmentsTest, BrokenVintageTellsWhere) {
  write("vintages/2026/vintage.toml", "python = 'new'\nexclude_newer = '2026-11-24'\n");
  const auto results = prepare({{"2026", "wsgi"}, {"1999", "wsgi"}});
  ASSERT_FALSE(results[0]);
  EXPECT_THAT(results[0].error().what, HasSubstr("vintage.toml:1:10: 'new' is no constraint"));
  ASSERT_FALSE(results[1]);
  EXPECT_THAT(results[1].error().what, HasSubstr("no vintage '1999'"));
}

}  // namespace
}  // namespace unrig::runtime::python
