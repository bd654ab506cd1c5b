#include "runtime/built/installed.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::runtime::built {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class BuiltInstalledTest : public FolderTest {
 protected:
  [[nodiscard]] Result<Packages> modules() const {
    return node_modules_of({.folder = folder(), .served = {}, .toolchain = {}}, {});
  }
};

TEST_F(BuiltInstalledTest, OfNodeLieInNodeModules) {
  EXPECT_THAT(modules().value(), IsEmpty()) << "nothing is installed";
  write("node_modules/pg/package.json", R"({"version": "8.16.0"})");
  write("node_modules/pg/node_modules/split/package.json", R"({"version": "4.0.0"})");
  write("node_modules/@fastify/postgres/package.json", R"({"version": "6.0.0"})");
  write("node_modules/.bin/x", "");
  write("node_modules/.package-lock.json", "{}");
  EXPECT_THAT(modules().value(),
              UnorderedElementsAre(Pair("pg", "8.16.0"), Pair("pg/node_modules/split", "4.0.0"),
                                   Pair("@fastify/postgres", "6.0.0")));
}

TEST_F(BuiltInstalledTest, ManyInOneAnotherComeToAnEnd) {
  std::filesystem::path path;
  for (int i = 0; i < 40; ++i) {
    path /= "node_modules/a";
    write(path / "package.json", R"({"version": "1"})");
  }
  ASSERT_TRUE(modules());
  EXPECT_LT(modules()->size(), 40U);
}

TEST_F(BuiltInstalledTest, OfJavaAreJarsAsInARepository) {
  const Build build{.folder = folder(), .served = {}, .toolchain = {}};
  const auto none = jars_of(build, {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("no folder {build}/lib"));
  write("lib/org/postgresql/postgresql/42.7.14/postgresql-42.7.14.jar", "");
  write("lib/own.jar", "");
  write("lib/README", "");
  EXPECT_THAT(
      jars_of(build, {}).value(),
      UnorderedElementsAre(Pair("org.postgresql:postgresql", "42.7.14"), Pair("own.jar", "")));
}

TEST(InstalledOfGo, IsAskedOfTheProgramThatIsServed) {
  std::vector<std::string> asked;
  const RunTool run = [&](std::vector<std::string> argv) -> Result<process::Output> {
    asked = std::move(argv);
    return process::Output{.exit = {}, .text = "/b/server: go1.25\n\tdep\ta\tv1\th1:x=\n"};
  };
  const auto found =
      modules_of_program({.folder = "/b", .served = "/b/server", .toolchain = "/go/bin/go"}, run);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_THAT(asked, ElementsAre("/go/bin/go", "version", "-m", "/b/server"));
  EXPECT_THAT(*found, ElementsAre(Pair("a", "v1")));

  const auto none = modules_of_program({.folder = "/b", .served = "", .toolchain = "go"}, run);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("starts no program of {build}"));
  const RunTool fails = [](std::vector<std::string>) -> Result<process::Output> {
    return process::Output{.exit = {.code = 1}, .text = "unrecognized file format\n"};
  };
  EXPECT_FALSE(modules_of_program({.folder = "/b", .served = "/b/x", .toolchain = "go"}, fails));
}

}  // namespace
}  // namespace unrig::runtime::built
