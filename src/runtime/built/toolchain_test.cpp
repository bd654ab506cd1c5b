#include "runtime/built/toolchain.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/testing_folder.h"

namespace unrig::runtime::built {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(VersionIn, IsTheFirstNumberWithWhatDotsJoin) {
  EXPECT_THAT(version_in("openjdk 25.0.3 2026-04-21 LTS"), ElementsAre(25, 0, 3));
  EXPECT_THAT(version_in("go version go1.25.1 linux/amd64"), ElementsAre(1, 25, 1));
  EXPECT_THAT(version_in("v22.1.0"), ElementsAre(22, 1, 0));
  EXPECT_THAT(version_in("openjdk 21-ea"), ElementsAre(21));
  EXPECT_THAT(version_in("1."), ElementsAre(1));
  EXPECT_THAT(version_in("99999999999999999999"), IsEmpty());
  EXPECT_THAT(version_in("none"), IsEmpty());
  EXPECT_LT(version_in("1.9"), version_in("1.10"));
  EXPECT_LT(version_in("21"), version_in("21.0.1"));
}

/// A language whose program lies on PATH, and below a folder of installations.
class ToolchainTest : public FolderTest {
 protected:
  ToolchainTest() : places_{place_} {
    ::setenv("UNRIG_TEST_TOOL_HOME", "", 1);
    ::setenv("PATH", ((folder() / "path").string() + ":" + path_).c_str(), 1);
    write_tool("path", "17.0.15");
    write_tool("places/tool-9", "9.0.4");
    write_tool("places/tool-25", "25.0.3");
    write_tool("places/tool-21", "21.0.9");
    std::filesystem::create_symlink("tool-9", folder() / "places/tool-99");
    write("places/tool-100/README", "no program");
  }
  ~ToolchainTest() override {
    ::unsetenv("UNRIG_TEST_TOOL_HOME");
    ::setenv("PATH", path_.c_str(), 1);
  }
  std::filesystem::path write_tool(const std::string& where, const std::string& version) const {
    const auto bin = where == "path" ? where : where + "/bin";
    return write(bin + "/unrig-test-tool", "#!/bin/sh\necho tool " + version + "\n", 0755);
  }
  [[nodiscard]] Language language() const {
    return {.name = "test",
            .toolchain = {"unrig-test-tool", "--version", "apt-get install tool"},
            .home = "UNRIG_TEST_TOOL_HOME",
            .places = places_,
            .newer = "apt-get install tool-21"};
  }
  [[nodiscard]] Result<Toolchain> find(const stack::StackSpec& spec) {
    const auto language = this->language();
    return Toolchains(language, *guard_, clock_, nullptr).find(spec);
  }
  [[nodiscard]] std::string version(const std::string& least) {
    const auto found = find({.name = "mine", .least = least});
    return found ? found->version : found.error().what;
  }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::string path_ = ::getenv("PATH");
  std::string place_ = (folder() / "places").string();
  std::string_view places_[1];
};

TEST_F(ToolchainTest, OnPathComesBeforeTheOtherPlaces) {
  EXPECT_EQ(version(""), "tool 17.0.15");
  EXPECT_EQ(version("17"), "tool 17.0.15");
  std::filesystem::remove(folder() / "path/unrig-test-tool");
  EXPECT_EQ(version(""), "tool 25.0.3") << "the newest of them";
}

TEST_F(ToolchainTest, WhatTheCallerNamesComesFirst) {
  write_tool("mine", "22.0.0");
  ::setenv("UNRIG_TEST_TOOL_HOME", (folder() / "mine").c_str(), 1);
  EXPECT_EQ(version(""), "tool 22.0.0");
  EXPECT_EQ(version("21"), "tool 22.0.0");
  EXPECT_EQ(version("23"), "tool 25.0.3") << "it is too old for this stack";
}

TEST_F(ToolchainTest, TheFirstThatIsNewEnoughIsTaken) {
  EXPECT_EQ(version("18"), "tool 25.0.3");
  EXPECT_EQ(version("25.0.3"), "tool 25.0.3");
}

TEST_F(ToolchainTest, WhereNoneIsNewEnoughAllThatWasFoundIsNamed) {
  const auto found = find({.name = "mine", .least = "25.0.4"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::environment);
  EXPECT_THAT(found.error().what,
              AllOf(HasSubstr("mine needs unrig-test-tool 25.0.4 or newer; found: tool 17.0.15 "),
                    HasSubstr(", tool 25.0.3 "), HasSubstr("tool 21.0.9 "),
                    EndsWith("places/tool-9/bin/unrig-test-tool")));
  EXPECT_THAT(found.error().help, HasSubstr("apt-get install tool-21; or name it in stack.toml"));
}

TEST_F(ToolchainTest, OneThatTheStackNamesIsTheOnlyOne) {
  const auto named = write_tool("named", "20.1").string();
  const auto found = find({.name = "mine", .toolchain = {named, "--version"}});
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->version, "tool 20.1");
  const auto older = find({.name = "mine", .toolchain = {named, "--version"}, .least = "21"});
  ASSERT_FALSE(older);
  EXPECT_THAT(older.error().what, EndsWith("found: tool 20.1 " + named));
}

TEST_F(ToolchainTest, IsAskedWithTheVariablesThatNameNoFolderAndMaySaySo) {
  constexpr VariableRow variables[] = {{"UNRIG_TEST_OPTIONS", "-quiet", true},
                                       {"UNRIG_TEST_CACHE", "{cache}/tool"}};
  write("path/unrig-test-tool",
        "#!/bin/sh\necho Picked up $UNRIG_TEST_OPTIONS$UNRIG_TEST_CACHE >&2\n"
        "echo tool 3 of $UNRIG_TEST_OPTIONS$UNRIG_TEST_CACHE\n",
        0755);
  auto language = this->language();
  language.variables = variables;
  const auto found = Toolchains(language, *guard_, clock_, nullptr).find(language.toolchain);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->version, "tool 3 of -quiet");
}

TEST_F(ToolchainTest, WithoutAnyTheUsualOneIsMissing) {
  std::filesystem::remove_all(folder() / "places");
  std::filesystem::remove_all(folder() / "path");
  const auto found = find({.name = "mine", .least = "21"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, "the program unrig-test-tool is missing");
  EXPECT_EQ(found.error().help, "apt-get install tool");
}

}  // namespace
}  // namespace unrig::runtime::built
