#include "runtime/python/installed.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::runtime::python {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(PackageFolder, HasNameAndVersion) {
  EXPECT_EQ(parse_package_folder("flask-3.1.3.dist-info"),
            (std::pair<std::string, std::string>("flask", "3.1.3")));
  EXPECT_EQ(parse_package_folder("psycopg2_binary-2.9.13.dist-info")->first, "psycopg2_binary");
  EXPECT_EQ(parse_package_folder("zope.event-6.2+local.dist-info")->second, "6.2+local");
  for (const char* name : {"flask", "flask-3.1.3", "flask.dist-info", "-1.dist-info",
                           "flask-.dist-info", "__pycache__", ""}) {
    EXPECT_FALSE(parse_package_folder(name)) << name;
  }
}

class InstalledTest : public FolderTest {};

TEST_F(InstalledTest, IsWhatLiesInTheEnvironment) {
  const std::string packages = "env/lib/python3.11/site-packages/";
  write(packages + "flask-3.1.3.dist-info/METADATA", "Name: Flask\nVersion: 9\n");
  write(packages + "uvloop-0.23.0.dist-info/RECORD", "");
  write(packages + "uvloop/loop.so", "");
  write("env/lib/other/file", "");
  const auto found = installed_packages(folder() / "env");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_THAT(*found, UnorderedElementsAre(Pair("flask", "3.1.3"), Pair("uvloop", "0.23.0")));
}

TEST_F(InstalledTest, OfNoEnvironmentIsAnError) {
  write("env/lib/file", "");
  for (const char* name : {"env", "gone"}) {
    const auto found = installed_packages(folder() / name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().kind, ErrorKind::environment);
  }
}

}  // namespace
}  // namespace unrig::runtime::python
