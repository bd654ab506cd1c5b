#include "host/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

// As two machines have it; the tags before the dash may be many or none.
constexpr std::string_view both =
    "23 1 0:21 / /proc rw,nosuid - proc proc rw\n"
    "32 31 0:29 /docker/7 /sys/fs/cgroup/cpu rw,relatime shared:9 master:2 - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "short - cgroup2\n";

TEST(Hierarchies, AreThoseOfBothVersions) {
  const auto found = parse_hierarchies(both);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].at, "/sys/fs/cgroup/cpu");
  EXPECT_EQ(found[0].root, "/docker/7");
  EXPECT_THAT(found[0].controllers, ElementsAre("rw", "cpu", "cpuacct"));
  EXPECT_EQ(found[1].at, "/sys/fs/cgroup/unified");
  EXPECT_TRUE(found[1].controllers.empty());
}

TEST(Group, IsThatOfTheController) {
  constexpr std::string_view text = "9:name=systemd:/s\n1:cpu,cpuacct:/a:b\n0::/u\n";
  EXPECT_EQ(parse_group(text, "cpu"), "/a:b");
  EXPECT_EQ(parse_group(text, "cpuacct"), "/a:b");
  EXPECT_EQ(parse_group(text, ""), "/u");
  EXPECT_FALSE(parse_group(text, "freezer"));
  EXPECT_FALSE(parse_group("", "cpu"));
}

TEST(Throttling, IsReadInBothVersions) {
  const auto one = parse_throttling("nr_periods 9\nnr_throttled 7\nthrottled_time 1500000\n");
  EXPECT_EQ(one.periods, 7u);
  EXPECT_EQ(one.of, 9u);
  EXPECT_EQ(one.held, 1500us);
  const auto two = parse_throttling("usage_usec 5\nnr_throttled 3\nthrottled_usec 40\n");
  EXPECT_EQ(two.periods, 3u);
  EXPECT_EQ(two.held, 40us);
  EXPECT_EQ(parse_throttling("usage_usec 5\n").periods, 0u);
}

/// A hierarchy of version 2 in a folder, with the group /a/b.
class Groups : public ::testing::Test {
 protected:
  Groups() : root_(fs::temp_directory_path() / fmt::format("unrig-groups-{}", ::getpid())) {
    fs::create_directories(root_ / "a/b");
  }
  ~Groups() override { fs::remove_all(root_); }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file((root_ / name).string(), text, 0600));
  }
  fs::path root_;
};

TEST_F(Groups, AreItsOwnAndThoseAboveIt) {
  const ControlGroups groups({{root_, "/", {}}});
  EXPECT_THAT(groups.holding("0::/a/b\n", "cpu").value(),
              ElementsAre(root_ / "a/b", root_ / "a", root_));
  EXPECT_THAT(groups.holding("0::/\n", "cpu").value(), ElementsAre(root_));
  // What lies outside of what is mounted is held by all that is.
  EXPECT_THAT(groups.holding("0::/../x\n", "cpu").value(), ElementsAre(root_));
  EXPECT_THAT(groups.holding("0::/gone\n", "cpu").value(), ElementsAre(root_));
  const ControlGroups part({{root_, "/docker/7", {}}});
  EXPECT_THAT(part.holding("0::/docker/7/a\n", "cpu").value(), ElementsAre(root_ / "a", root_));
  EXPECT_FALSE(groups.holding("1:cpu:/a\n", "cpu"));
  EXPECT_FALSE(ControlGroups({}).holding("0::/a\n", "cpu"));
  EXPECT_FALSE(groups.holding(pid_t{-5}, "cpu"));
  EXPECT_TRUE(groups.holding(::getpid(), "cpu"));
}

TEST(CpuMax, IsAQuotaInCores) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("max 100000\n"), 0) << "there is none";
  for (const char* other : {"", "max", "1 0", "x 100000", "1 2 3", "1 x"})
    EXPECT_FALSE(parse_cpu_max(other)) << other;
}

TEST_F(Groups, HaveTheQuotaOfEitherVersion) {
  EXPECT_EQ(cpu_quota(root_ / "a"), 0) << "no file says of one, as in the topmost group";
  write("a/cpu.max", "50000 100000\n");
  EXPECT_EQ(cpu_quota(root_ / "a"), 0.5);
  write("a/cpu.max", "broken\n");
  EXPECT_FALSE(cpu_quota(root_ / "a")) << "that is not the same as none";
  write("a/b/cpu.cfs_quota_us", "-1\n");
  write("a/b/cpu.cfs_period_us", "10000\n");
  EXPECT_EQ(cpu_quota(root_ / "a/b"), 0);
  write("a/b/cpu.cfs_quota_us", "20000\n");
  EXPECT_EQ(cpu_quota(root_ / "a/b"), 2);
}

TEST_F(Groups, TellWhatHoldsThem) {
  EXPECT_FALSE(throttling(root_ / "a"));
  write("a/cpu.stat", "nr_throttled 2\nthrottled_usec 9\n");
  EXPECT_EQ(throttling(root_ / "a").value().held, 9us);
  EXPECT_FALSE(is_frozen(root_ / "a"));
  write("a/cgroup.events", "populated 1\nfrozen 1\n");
  EXPECT_TRUE(is_frozen(root_ / "a"));
  write("a/b/freezer.state", "FROZEN\n");
  EXPECT_TRUE(is_frozen(root_ / "a/b"));
  write("a/b/freezer.state", "THAWED\n");
  EXPECT_FALSE(is_frozen(root_ / "a/b"));
}

}  // namespace
}  // namespace unrig::host
