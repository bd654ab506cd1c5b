#include "runtime/python/interpreter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::runtime::python {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(PythonVersion, OnlyReleasesAreVersions) {
  EXPECT_EQ(parse_python_version("3.13.0"), (PythonVersion{3, 13, 0}));
  EXPECT_EQ(parse_python_version("3.8"), (PythonVersion{3, 8, 0}));
  for (const auto text : {"", "3.", "3.x", "3.14.0rc1", "3.1.2.3", "-3.1"})
    EXPECT_EQ(parse_python_version(text), std::nullopt) << text;
  EXPECT_LT((PythonVersion{3, 9, 18}), (PythonVersion{3, 10, 0})) << "numbers, not texts";
}

TEST(PythonConstraint, Allows) {
  struct Case {
    std::string_view constraint;
    PythonVersion version;
    bool allowed;
  };
  for (const auto& [text, version, allowed] : std::initializer_list<Case>{
           {"3.8", {3, 8, 18}, true},
           {"3.8", {3, 9, 0}, false},
           {"3.8", {4, 8, 0}, false},
           {">=3.11", {3, 11, 0}, true},
           {">=3.11", {3, 10, 13}, false},
           {">=3.11", {3, 100, 0}, true},
           {">=3.11, <3.14", {3, 13, 9}, true},
           {">=3.11, <3.14", {3, 14, 0}, false},
       }) {
    const auto constraint = PythonConstraint::parse(text);
    ASSERT_TRUE(constraint) << text;
    EXPECT_EQ(constraint->allows(version), allowed) << text << " " << to_text(version);
  }
  for (const auto text : {"", "python3", ">3", "~=3.8", ">=3.11,"})
    EXPECT_FALSE(PythonConstraint::parse(text)) << text;
}

TEST(Interpreter, NewestAllowedAndTheFirstOfEquals) {
  const std::vector<Interpreter> found = {{"/uv/3.12", {3, 12, 1}},
                                          {"/pyenv/3.13", {3, 13, 0}},
                                          {"/usr/3.13", {3, 13, 0}},
                                          {"/usr/3.8", {3, 8, 18}}};
  EXPECT_EQ(newest(found, *PythonConstraint::parse(">=3.11"))->path, "/pyenv/3.13");
  EXPECT_EQ(newest(found, *PythonConstraint::parse("3.8"))->path, "/usr/3.8");
  EXPECT_FALSE(newest(found, *PythonConstraint::parse(">=3.14")));
}

class Candidates : public FolderTest {};

TEST_F(Candidates, OfUvThenPyenvThenPathEachOnceAndNoShims) {
  write("uv/cpython-3.12/bin/python3", "");
  write("pyenv/3.13.0/bin/python3", "");
  write("shims/python3", "");
  write("bin/python3.11", "");
  write("bin/python3-config", "");
  write("bin/python2", "");
  std::filesystem::create_symlink("python3.11", folder() / "bin/python3");
  std::filesystem::create_symlink(folder() / "gone", folder() / "bin/python3.9");
  const PythonPlaces places{folder() / "uv", folder() / "pyenv",
                            (folder() / "shims").string() + ":bin::" + (folder() / "bin").string()};
  EXPECT_THAT(candidates(places),
              ElementsAre(folder() / "uv/cpython-3.12/bin/python3",
                          folder() / "pyenv/3.13.0/bin/python3", folder() / "bin/python3"));
}

class FindInterpreter : public FolderTest {
 protected:
  /// A program that answers as an interpreter does.
  [[nodiscard]] std::filesystem::path fake(const std::string& name, std::string_view answer) const {
    return write(name, fmt::format("#!/bin/sh\necho {}\n", answer), 0755);
  }
  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
};

TEST_F(FindInterpreter, AsksEachForItsVersion) {
  const auto best = fake("bin/python3.12", "cpython final 3.12.4");
  static_cast<void>(fake("bin/python3.11", "cpython final 3.11.2"));
  static_cast<void>(fake("bin/python3.13", "pypy final 3.13.1"));
  static_cast<void>(fake("bin/python3.14", "cpython candidate 3.14.0"));
  const PythonPlaces places{"", "", (folder() / "bin").string()};
  const auto newest_one =
      find_interpreter("", *PythonConstraint::parse(">=3.11"), places, *guard_, clock_);
  ASSERT_TRUE(newest_one) << newest_one.error().what;
  EXPECT_EQ(newest_one->path, best);
  EXPECT_EQ(newest_one->version, (PythonVersion{3, 12, 4}));

  const auto none = find_interpreter("", *PythonConstraint::parse("3.8"), places, *guard_, clock_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::environment);
  EXPECT_THAT(none.error().help, HasSubstr("uv python install 3.8, or"));
}

TEST_F(FindInterpreter, TakesTheOneAskedForOrSaysWhyNot) {
  const auto asked = fake("mine", "cpython final 3.11.2");
  const PythonPlaces places{.installer = ".tools/bin/uv"};
  EXPECT_EQ(
      find_interpreter(asked, *PythonConstraint::parse(">=3.11"), places, *guard_, clock_)->path,
      asked);
  const auto wrong =
      find_interpreter(asked, *PythonConstraint::parse("3.8"), places, *guard_, clock_);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().what, HasSubstr("CPython 3.11.2, but 3.8 is needed"));
  const auto nothing = find_interpreter(folder() / "nothing", *PythonConstraint::parse(">=3.11"),
                                        places, *guard_, clock_);
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().what, HasSubstr("nothing"));
  EXPECT_THAT(nothing.error().help, StartsWith(".tools/bin/uv python install '>=3.11', or"));
}

}  // namespace
}  // namespace unrig::runtime::python
