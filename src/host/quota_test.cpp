#include "host/quota.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/file.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

/// A folder plays the hierarchy: what the kernel would put into a new group lies there before.
class Quota : public ::testing::Test {
 protected:
  Quota() : root_(fs::temp_directory_path() / fmt::format("unrig-quota-{}", ::getpid())) {
    fs::create_directories(root_);
  }
  ~Quota() override { fs::remove_all(root_); }

  void put(const fs::path& file, std::string_view text = "") const {
    fs::create_directories((root_ / file).parent_path());
    ASSERT_TRUE(write_file(root_ / file, text));
  }
  [[nodiscard]] std::string text(const fs::path& file) const {
    return read_file(root_ / file).value_or("nothing");
  }
  /// With unrig in the topmost group; version 2 by default.
  [[nodiscard]] Result<CpuGroup> make(std::vector<std::string> controllers = {}) const {
    return CpuGroup::make(ControlGroups({{root_, "/", std::move(controllers)}}), clock_);
  }
  [[nodiscard]] std::string own() const { return fmt::format("unrig-{}", ::getpid()); }

  fs::path root_;
  SystemClock clock_;
};

TEST_F(Quota, IsCpuMaxInVersion2) {
  put("cgroup.controllers", "cpuset cpu io\n");
  put("cgroup.subtree_control", "cpu memory\n");
  put(own() + "/cpu.max");
  auto group = make();
  ASSERT_TRUE(group) << group.error().what;
  EXPECT_EQ(group->folder(), root_ / own());
  EXPECT_EQ(text(own() + "/cpu.max"), "max 10000");
  fs::resize_file(root_ / own() / "cpu.max", 0);
  ASSERT_TRUE(group->limit(0.95));
  EXPECT_EQ(text(own() + "/cpu.max"), "9500 10000");
  EXPECT_EQ(text("cgroup.subtree_control"), "cpu memory\n") << "handed on already";
}

TEST_F(Quota, IsAQuotaAndAPeriodInVersion1) {
  put(own() + "/cpu.cfs_quota_us");
  put(own() + "/cpu.cfs_period_us");
  auto group = make({"cpu"});
  ASSERT_TRUE(group) << group.error().what;
  EXPECT_EQ(text(own() + "/cpu.cfs_quota_us"), "-1");
  EXPECT_EQ(text(own() + "/cpu.cfs_period_us"), "") << "without a quota it matters not";
  fs::resize_file(root_ / own() / "cpu.cfs_quota_us", 0);
  ASSERT_TRUE(group->limit(1.5));
  EXPECT_EQ(text(own() + "/cpu.cfs_quota_us"), "15000");
  EXPECT_EQ(text(own() + "/cpu.cfs_period_us"), "10000");
}

TEST_F(Quota, HoldsUnrigAndLetsItGo) {
  put(own() + "/cpu.cfs_quota_us");
  put(own() + "/cgroup.procs");
  put("cgroup.procs");
  const std::string pid = std::to_string(::getpid());
  {
    auto group = make({"cpu"});
    ASSERT_TRUE(group) << group.error().what;
    ASSERT_TRUE(group->hold_unrig(true));
    EXPECT_EQ(text(own() + "/cgroup.procs"), pid);
    EXPECT_EQ(text("cgroup.procs"), "");
  }
  EXPECT_EQ(text("cgroup.procs"), pid) << "it has left the group that is to go";
}

TEST_F(Quota, OfAPartIsOneWithinThatOfTheRun) {
  const std::string app = own() + "/app";
  put(own() + "/cpu.cfs_quota_us");
  put(app + "/cpu.cfs_quota_us");
  put(app + "/cpu.cfs_period_us");
  const auto group = make({"cpu"});
  ASSERT_TRUE(group) << group.error().what;
  auto part = group->make_below("app");
  ASSERT_TRUE(part) << part.error().what;
  EXPECT_EQ(part->folder(), group->folder() / "app");
  fs::resize_file(root_ / app / "cpu.cfs_quota_us", 0);
  ASSERT_TRUE(part->limit(0.3));
  EXPECT_EQ(text(app + "/cpu.cfs_quota_us"), "3000");
  EXPECT_EQ(text(own() + "/cpu.cfs_quota_us"), "-1") << "the others have what they had";
}

TEST_F(Quota, InVersion2AGroupHandsTheControllerOnToThoseBelowIt) {
  put("cgroup.controllers", "cpu io\n");
  put("cgroup.subtree_control", "cpu\n");
  put(own() + "/cpu.max");
  put(own() + "/cgroup.controllers", "cpu\n");
  put(own() + "/app/cpu.max");
  const auto group = make();
  ASSERT_TRUE(group) << group.error().what;
  EXPECT_FALSE(group->make_below("app")) << "there is no file for it";
  put(own() + "/cgroup.subtree_control");
  ASSERT_TRUE(group->make_below("app"));
  EXPECT_EQ(text(own() + "/cgroup.subtree_control"), "+cpu");
  EXPECT_EQ(text(own() + "/app/cpu.max"), "max 10000");
}

TEST_F(Quota, InADelegatedGroupUnrigMakesRoom) {
  put("cgroup.controllers", "cpu\n");
  put("cgroup.procs", fmt::format("{}\n", ::getpid()));
  put("unrig/cgroup.procs");
  put(own() + "/cpu.max");
  // Who hands a controller on has no processes: the first write is refused, as a folder is.
  fs::create_directory(root_ / "cgroup.subtree_control");
  const auto refused = make();
  ASSERT_FALSE(refused);
  EXPECT_EQ(text("unrig/cgroup.procs"), std::to_string(::getpid()));
  put("cgroup.procs", "1\n");
  const auto others = make();
  ASSERT_FALSE(others);
  EXPECT_NE(others.error().what.find("holds other processes than unrig's"), std::string::npos)
      << others.error().what;
}

TEST_F(Quota, SaysWhatIsMissingAndHowToGetIt) {
  put("cgroup.controllers", "memory io\n");
  const auto lacks = make();
  ASSERT_FALSE(lacks);
  EXPECT_EQ(lacks.error().kind, ErrorKind::environment);
  EXPECT_EQ(lacks.error().what,
            fmt::format("no CPU quota can be set here: {} has no controller cpu", root_.string()));
  EXPECT_NE(lacks.error().help.find("systemd-run --user --scope -p Delegate=yes"),
            std::string::npos);
  const auto nothing = CpuGroup::make(ControlGroups({}), clock_);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().what.find("no control groups are mounted here"), std::string::npos);
  fs::remove(root_ / "cgroup.controllers");
  EXPECT_FALSE(make()) << "a new folder has no files to write";
}

TEST_F(Quota, RemovesWhatAnUnrigThatIsGoneHasLeft) {
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  fs::create_directories(root_ / fmt::format("unrig-{}", gone) / "app");
  fs::create_directory(root_ / fmt::format("unrig-{}", ::getppid()));
  fs::create_directory(root_ / "unrig-of-others");
  put(own() + "/cpu.cfs_quota_us");
  ASSERT_TRUE(make({"cpu"}));
  EXPECT_FALSE(fs::exists(root_ / fmt::format("unrig-{}", gone)));
  EXPECT_TRUE(fs::exists(root_ / fmt::format("unrig-{}", ::getppid()))) << "that one lives";
  EXPECT_TRUE(fs::exists(root_ / "unrig-of-others"));
}

/// The real one, where this test may make it.
TEST(QuotaOfThisMachine, GoesWithItsOwner) {
  const SystemClock clock;
  fs::path folder;
  {
    auto group = CpuGroup::make(ControlGroups::of_this_machine(), clock);
    if (!group) GTEST_SKIP() << group.error().what;
    folder = group->folder();
    ASSERT_TRUE(group->limit(0.8));
    auto part = group->make_below("app");
    ASSERT_TRUE(part) << part.error().what;
    ASSERT_TRUE(part->limit(0.5));
    EXPECT_EQ(cpu_quota(part->folder()), 0.5);
    EXPECT_EQ(cpu_quota(folder), 0.8);
    ASSERT_TRUE(part->hold_unrig(true));
    const auto held_by = ControlGroups::of_this_machine().holding(::getpid(), "cpu");
    ASSERT_TRUE(held_by);
    EXPECT_EQ(held_by->front(), folder / "app");
    EXPECT_EQ(held_by->at(1), folder);
  }
  EXPECT_FALSE(fs::exists(folder));
}

}  // namespace
}  // namespace unrig::host
