#include "chain/cpu_groups.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/played_clock.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;
using record::Component;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A folder plays a hierarchy of version 1, with the files that the kernel would put into the
/// groups.
class CpuGroupsTest : public ::testing::Test {
 protected:
  CpuGroupsTest()
      : root_(fs::temp_directory_path() / fmt::format("unrig-cpu-groups-{}", ::getpid())) {
    for (const char* group : {"", "others", "proxy", "app", "pooler", "database"}) {
      fs::create_directories(run() / group);
      for (const char* file : {"cpu.cfs_quota_us", "cpu.cfs_period_us", "cgroup.procs"})
        EXPECT_TRUE(write_file(run() / group / file, ""));
    }
    EXPECT_TRUE(write_file(root_ / "cgroup.procs", ""));
  }
  ~CpuGroupsTest() override { fs::remove_all(root_); }

  [[nodiscard]] fs::path run() const { return root_ / fmt::format("unrig-{}", ::getpid()); }
  [[nodiscard]] Result<CpuGroups> make(const std::set<Component>& own) const {
    return CpuGroups::make(host::ControlGroups({{root_, "/", {"cpu"}}}), own, clock_);
  }
  /// The last quota that was written, in µs of 10 ms; a file keeps what was longer before.
  [[nodiscard]] Result<> limit(CpuGroups& groups, const scenario::Scenario& scenario) const {
    for (const auto& entry : fs::recursive_directory_iterator(run())) {
      if (entry.is_regular_file()) fs::resize_file(entry.path(), 0);
    }
    return groups.limit(scenario);
  }
  [[nodiscard]] std::string quota(const fs::path& group) const {
    return read_file(run() / group / "cpu.cfs_quota_us").value_or("nothing");
  }

  fs::path root_;
  PlayedClock clock_;
};

TEST_F(CpuGroupsTest, PartsThatSomeCellSlowsHaveTheirOwn) {
  std::vector<scenario::Scenario> cells(3);
  EXPECT_THAT(parts_with_quota(cells), IsEmpty());
  cells[0].machine_cpu = 1;
  cells[1].quota_database = 0.5;
  cells[2].quota_app = 0.3;
  EXPECT_THAT(parts_with_quota(cells), ElementsAre(Component::app, Component::database));
  const auto groups = make(parts_with_quota(cells));
  ASSERT_TRUE(groups) << groups.error().what;
  const GroupFolders& folders = groups->folders();
  EXPECT_EQ(folders.all, run());
  EXPECT_EQ(folders.of(Component::app), run() / "app");
  EXPECT_EQ(folders.of(Component::proxy), run() / "others");
  EXPECT_EQ(GroupFolders{}.of(Component::app), "");
}

TEST_F(CpuGroupsTest, EachHasWhatTheScenarioGivesItAndNoMore) {
  auto groups = make({Component::app, Component::pooler});
  ASSERT_TRUE(groups) << groups.error().what;
  scenario::Scenario scenario;
  scenario.quota_app = 0.3;
  ASSERT_TRUE(limit(*groups, scenario));
  EXPECT_EQ(quota("app"), "3000");
  EXPECT_EQ(quota("pooler"), "-1");
  EXPECT_EQ(quota("others"), "") << "nobody limits it";
  EXPECT_EQ(quota(""), "-1");
  scenario.machine_cpu = 0.25;
  scenario.quota_pooler = 0.2;
  ASSERT_TRUE(limit(*groups, scenario));
  EXPECT_EQ(quota(""), "2500");
  EXPECT_EQ(quota("app"), "2500") << "a part of version 1 has no more than what is around it";
  EXPECT_EQ(quota("pooler"), "2000");
  ASSERT_TRUE(limit(*groups, {}));
  for (const char* group : {"", "app", "pooler"}) EXPECT_EQ(quota(group), "-1") << group;
}

TEST_F(CpuGroupsTest, WhoHasNoGroupCannotBeLimited) {
  auto groups = make({});
  ASSERT_TRUE(groups) << groups.error().what;
  scenario::Scenario scenario;
  scenario.quota_proxy = 0.3;
  const auto refused = limit(*groups, scenario);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::internal);
}

TEST_F(CpuGroupsTest, TheGeneratorIsBesideThePartsWhereItSharesTheMachine) {
  auto groups = make({Component::app});
  ASSERT_TRUE(groups) << groups.error().what;
  scenario::Scenario scenario;
  scenario.machine_with_load = true;
  scenario.quota_app = 0.3;
  ASSERT_TRUE(limit(*groups, scenario));
  EXPECT_EQ(read_file(run() / "others/cgroup.procs").value(), "") << "there is no such machine";
  scenario.machine_cpu = 0.5;
  ASSERT_TRUE(limit(*groups, scenario));
  EXPECT_EQ(read_file(run() / "others/cgroup.procs").value(), std::to_string(::getpid()));
}

}  // namespace
}  // namespace unrig::chain
