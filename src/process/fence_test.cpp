// What a fenced program gets at, and that whoever watches it from outside sees it as before.
#include "process/fence.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/testing.h"
#include "process/testing.h"

namespace unrig::process {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto plenty = seconds(60);
constexpr int with_truncation = 3;
constexpr int with_signals = 6;

/// Folders of a program's own and of others, and a program within the fence.
class Fenced : public ProcessTest {
 protected:
  Fenced() {
    for (const char* name : {"own", "others/deep", "secret/known"})
      fs::create_directories(folder_ / name);
    for (const char* name : {"others/file", "secret/file", "secret/known/file", "secret/told"})
      std::ofstream(folder_ / name) << name;
    fence_ = {.writable = {folder_ / "own", "/dev/null", folder_ / "never made"},
              .hidden = {folder_ / "secret"},
              .readable = {folder_ / "secret/known", folder_ / "secret/told"}};
  }
  void SetUp() override {
    if (fence_version() == 0) GTEST_SKIP() << fence_gaps(0);
  }

  /// Python within the fence, in the folder of its own. It calls may(NAME, FUNCTION) for what it
  /// tries, which says NAME and whether it could.
  [[nodiscard]] Command fenced(std::string_view program) const {
    constexpr std::string_view prelude =
        "import os, signal, socket, subprocess, sys, time\n"
        "def may(name, what):\n"
        "    try: what(); print(name + ': yes', flush=True)\n"
        "    except PermissionError: print(name + ': no', flush=True)\n"
        "    except OSError as error: print(name + ': ' + error.strerror, flush=True)\n";
    Command result = command({"python3", "-B", "-c", fmt::format("{}{}", prelude, program)});
    result.folder = folder_ / "own";
    result.fence = fence_;
    return result;
  }
  std::string output(const Command& what) {
    const auto result = run(what, guard_, clock_, plenty);
    EXPECT_TRUE(result) << result.error().what;
    EXPECT_TRUE(result->exit.ok()) << result->exit.text() << result->text;
    return result->text;
  }
  Process start(const Command& what) {
    auto process = Process::start(what, guard_);
    EXPECT_TRUE(process) << process.error().what;
    return std::move(*process);
  }

  Fence fence_;
  Guard guard_ = Guard::start().value();
};

TEST_F(Fenced, WritesInWhatIsItsOwn) {
  EXPECT_EQ(output(fenced("may('make', lambda: open('a', 'w').write('x'))\n"
                          "may('append', lambda: open('a', 'a').write('x'))\n"
                          "may('truncate', lambda: os.truncate('a', 0))\n"
                          "may('mkdir', lambda: os.mkdir('b'))\n"
                          "may('move', lambda: os.rename('a', 'b/c'))\n"
                          "may('link', lambda: os.link('b/c', 'd'))\n"
                          "may('remove', lambda: os.remove('d'))\n"
                          "may('bind', lambda: socket.socket(socket.AF_UNIX).bind('s'))\n"
                          "may('null', lambda: open('/dev/null', 'w').write('x'))\n")),
            "make: yes\nappend: yes\ntruncate: yes\nmkdir: yes\nmove: yes\nlink: yes\n"
            "remove: yes\nbind: yes\nnull: yes\n");
}

TEST_F(Fenced, WritesNothingElse) {
  EXPECT_EQ(output(fenced("may('append', lambda: open('../others/file', 'a'))\n"
                          "may('make', lambda: open('../others/new', 'w'))\n"
                          "may('mkdir', lambda: os.mkdir('../others/new'))\n"
                          "may('rename', lambda: os.rename('../others/file', '../others/new'))\n"
                          "may('remove', lambda: os.remove('../others/file'))\n"
                          "may('rmdir', lambda: os.rmdir('../others/deep'))\n"
                          "may('link', lambda: os.symlink('x', '../others/new'))\n"
                          "may('bind', lambda: socket.socket(socket.AF_UNIX).bind('../s'))\n"
                          "os.symlink('../others/file', 'way')\n"
                          "may('by a link', lambda: open('way', 'a'))\n"
                          "print(subprocess.call(['rm', '-f', '../others/file'],"
                          " stderr=subprocess.DEVNULL))\n")),
            "append: no\nmake: no\nmkdir: no\nrename: no\nremove: no\nrmdir: no\nlink: no\n"
            "bind: no\nby a link: no\n1\n");
  EXPECT_EQ(read_file(folder_ / "others/file").value_or("gone"), "others/file");
}

TEST_F(Fenced, CutsOffNothingElse) {
  if (fence_version() < with_truncation) GTEST_SKIP() << fence_gaps(fence_version());
  EXPECT_EQ(output(fenced("may('truncate', lambda: os.truncate('../others/file', 0))\n")),
            "truncate: no\n");
  EXPECT_EQ(read_file(folder_ / "others/file").value_or("gone"), "others/file");
}

TEST_F(Fenced, ReadsAllButWhatIsHidden) {
  fs::create_directory_symlink("secret", folder_ / "door");
  const std::string seen = output(
      fenced("for name in ('/etc/passwd', '/proc/self/status', '../others/file', '../secret/file',"
             " '../door/file', '../secret/known/file', '../secret/told'):\n"
             "    may(name, lambda: open(name).read())\n"
             "may('list', lambda: os.listdir('../secret'))\n"
             "os.symlink('../secret/file', 'way')\n"
             "may('by a link', lambda: open('way'))\n"
             "may('a second name', lambda: os.link('../secret/file', 'file'))\n"));
  EXPECT_THAT(seen, HasSubstr("/etc/passwd: yes\n/proc/self/status: yes\n../others/file: yes\n"
                              "../secret/file: no\n../door/file: no\n../secret/known/file: yes\n"
                              "../secret/told: yes\nlist: yes\nby a link: no\n"));
  EXPECT_THAT(seen, Not(HasSubstr("a second name: yes")));
}

TEST_F(Fenced, WithoutAnythingHiddenReadsAll) {
  fence_.hidden.clear();
  EXPECT_EQ(output(fenced("may('read', lambda: open('../secret/file').read())\n"
                          "may('write', lambda: open('../secret/file', 'a'))\n")),
            "read: yes\nwrite: no\n");
}

TEST_F(Fenced, SignalsOnlyItsOwn) {
  if (fence_version() < with_signals) GTEST_SKIP() << fence_gaps(fence_version());
  Process other = start(command({"sleep", "1000"}));
  const std::string seen =
      output(fenced(fmt::format("may('other', lambda: os.kill({}, signal.SIGTERM))\n"
                                "may('keeper', lambda: os.kill(os.getppid(), signal.SIGKILL))\n"
                                "child = subprocess.Popen(['sleep', '1000'])\n"
                                "may('child', lambda: os.kill(child.pid, signal.SIGTERM))\n"
                                "print(child.wait())\n",
                                other.pid())));
  EXPECT_EQ(seen, "other: no\nkeeper: no\nchild: yes\n-15\n");
  EXPECT_TRUE(lives(other.pid()));
}

TEST_F(Fenced, LooksIntoNobodyOutside) {
  const Process other = start(command({"sleep", "1000"}));
  EXPECT_EQ(output(fenced(fmt::format("may('memory', lambda: open('/proc/{0}/mem', 'rb'))\n"
                                      "may('descriptors', lambda: os.readlink('/proc/{0}/fd/1'))\n"
                                      "may('root', lambda: os.listdir('/proc/{0}/root'))\n"
                                      "may('blame', lambda:"
                                      " open('/proc/{0}/oom_score_adj', 'w').write('1000'))\n",
                                      other.pid()))),
            "memory: no\ndescriptors: no\nroot: no\nblame: no\n");
}

TEST_F(Fenced, ConnectsAsBefore) {
  const UniqueFd port(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(port.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(port.get(), 1), 0);
  ASSERT_EQ(::getsockname(port.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  Process server =
      start(python("import socket\n"
                   "s = socket.socket(socket.AF_UNIX); s.bind('secret/socket'); s.listen()\n"
                   "say('listening')\n"
                   "s.accept(); time.sleep(1000)\n"));
  ASSERT_GT(pid_of("listening"), 0);
  EXPECT_EQ(output(fenced(fmt::format(
                "may('port', lambda: socket.create_connection(('127.0.0.1', {})))\n"
                "may('socket', lambda: socket.socket(socket.AF_UNIX).connect('../secret/socket'))\n"
                "may('listen', lambda: socket.create_server(('127.0.0.1', 0)))\n",
                ntohs(at.sin_port)))),
            "port: yes\nsocket: yes\nlisten: yes\n");
}

TEST_F(Fenced, MayOpenItsOutputAnew) {
  Process process =
      start(fenced("print('once', flush=True)\n"
                   "open('/dev/stderr', 'a').write('again\\n')\n"));
  EXPECT_TRUE(process.wait(clock_, plenty).value().ok()) << log();
  EXPECT_EQ(log(), "once\nagain\n");
  EXPECT_EQ(output(fenced("open('/dev/stdout', 'w').write('into a pipe\\n')\n")), "into a pipe\n");
}

TEST_F(Fenced, SetsNoLimitsOfOthers) {
  const std::string program = fmt::format(
      "import resource\n"
      "files = resource.RLIMIT_NOFILE\n"
      "for who in ({}, os.getpid()):\n"
      "  print(resource.prlimit(who, files)[1] > 0)\n"
      "  try: resource.prlimit(who, files, (24, 24)); print('set')\n"
      "  except PermissionError: print('refused')\n"
      "resource.setrlimit(files, (25, 25))\n"
      "print(resource.getrlimit(files)[0])\n",
      ::getpid());
  EXPECT_EQ(output(fenced(program)), "True\nrefused\nTrue\nrefused\n25\n");
}

TEST_F(Fenced, IsSeenAndStoppedFromOutside) {
  Process process =
      start(fenced(fmt::format("if os.fork() == 0: os.setsid()\n"
                               "def say(name): open(name, 'w')\n{}",
                               stubborn)));
  ASSERT_TRUE(eventually([&] { return fs::exists(folder_ / "own/stubborn"); }));
  const auto of = [&](const char* file) { return fmt::format("/proc/{}/{}", process.pid(), file); };
  for (const char* file : {"maps", "io", "environ"}) EXPECT_TRUE(read_file(of(file))) << file;
  EXPECT_TRUE(fs::exists(of("fd/1")));
  EXPECT_EQ(::ptrace(PTRACE_SEIZE, process.pid(), nullptr, nullptr), 0);
  EXPECT_EQ(::ptrace(PTRACE_INTERRUPT, process.pid(), nullptr, nullptr), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(process.pid(), &status, __WALL), process.pid());
  EXPECT_EQ(::ptrace(PTRACE_DETACH, process.pid(), nullptr, nullptr), 0);
  EXPECT_EQ(process.stop(clock_, std::chrono::milliseconds(50)).text(), "killed by SIGKILL");
  EXPECT_FALSE(lives(process.pid()));
}

TEST_F(Fenced, IsAsFencedAsAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  fs::permissions(folder_, fs::perms(0711));  // whose entries only root can list
  const User nobody = find_user("nobody").value();
  for (const char* name : {"own", "others", "others/file", "secret", "secret/file"})
    ASSERT_EQ(::chown((folder_ / name).c_str(), nobody.uid, nobody.gid), 0);
  Command as_nobody = fenced("");
  as_nobody.argv = {"/bin/sh", "-c",
                    "{ echo > made && echo own; echo > ../others/file && echo write;"
                    " cat ../others/file > /dev/null && echo read;"
                    " cat ../secret/file && echo secret; } 2> /dev/null; true"};
  as_nobody.user = nobody;
  EXPECT_EQ(output(as_nobody), "own\nread\n");
}

TEST(FenceGaps, AreToldByTheVersion) {
  EXPECT_THAT(fence_gaps(0), HasSubstr("no Landlock"));
  EXPECT_THAT(fence_gaps(2), AllOf(HasSubstr("cut off"), HasSubstr("signals")));
  EXPECT_THAT(fence_gaps(4), AllOf(Not(HasSubstr("cut off")), HasSubstr("signals")));
  EXPECT_EQ(fence_gaps(6), "");
  EXPECT_EQ(fence_gaps(9), "");
}

/// As a kernel that has none, or a filter before it (seccomp), answers.
TEST(FenceGaps, WhereThereIsNoLandlockThereIsNoFenceAndNoError) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forbid_calls({SYS_landlock_create_ruleset})) ::_exit(99);
    const auto made = make_fence({.writable = {"/tmp"}}, 1);
    ::_exit(fence_version() == 0 && made && !*made ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 99) GTEST_SKIP() << "no filter may be set";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace unrig::process
