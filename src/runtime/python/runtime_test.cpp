#include "runtime/python/runtime.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::runtime::python {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Program, RunsInTheEnvironmentWithTheModulesBesideTheApplication) {
  const PythonEnvironment environment{.folder = "/env"};
  auto program = program_in(environment, {.file = "/copies/x/app_x.py", .shared = "/apps/python"});
  EXPECT_THAT(
      program.placeholders,
      UnorderedElementsAre(Pair("bin", "/env/bin"), Pair("python", "/env/bin/python"),
                           Pair("module", "app_x"), Pair("application", "/copies/x/app_x.py")));
  EXPECT_THAT(program.variables,
              UnorderedElementsAre(Pair("PATH", "/env/bin:/usr/local/bin:/usr/bin:/bin"),
                                   Pair("PYTHONPATH", "/copies/x:/apps/python"),
                                   Pair("PYTHONDONTWRITEBYTECODE", "1")));
  program = program_in(environment, {.libraries = "/copies/python/lib"});
  EXPECT_EQ(program.variables.at("LD_LIBRARY_PATH"), "/copies/python/lib");
}

class PythonRuntimeTest : public FolderTest {
 protected:
  PythonRuntimeTest() {
    write("vintages/2026/vintage.toml", "python = '3.12'\nexclude_newer = '2026-11-24'\n");
    write("vintages/2026/wsgi.txt", "flask==3.1.3\npsycopg2-binary==2.9.13\n");
    const auto python =
        write("python/bin/python3.12", "#!/bin/sh\necho cpython final 3.12.4\n", 0755);
    runtime_ = make_runtime({.data = folder(),
                             .home = folder() / "home",
                             .programs = {{std::string(language), python}}},
                            {*guard_, clock_});
    setenv("UNRIG_UV", "/bin/true", 1);
  }
  ~PythonRuntimeTest() override { unsetenv("UNRIG_UV"); }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::unique_ptr<Runtime> runtime_;
  stack::StackSpec spec_{.name = "one",
                         .application = "/apps/app.py",
                         .vintages = {{.name = "2026", .group = "wsgi"}}};
  stack::Selection stack_{&spec_, "2026"};
};

TEST_F(PythonRuntimeTest, FindsTheInterpreterAskedFor) {
  const auto found = runtime_->find(stack_);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, "3.12.4 " + (folder() / "python/bin/python3.12").string());
}

TEST_F(PythonRuntimeTest, ReadsTheLockOfTheStacksGroup) {
  EXPECT_EQ(runtime_->lock(stack_), folder() / "vintages/2026/wsgi.txt");
  EXPECT_EQ(runtime_->locked_version(stack_, "Flask"), "3.1.3");
  EXPECT_EQ(runtime_->locked_version(stack_, "Gunicorn"), "");
  const auto found = runtime_->differences(stack_, {{"Flask", "3"}, {"psycopg2-binary", "2.9.13"}});
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_THAT(*found, ElementsAre("Flask 3 instead of 3.1.3"));

  spec_.vintages.front().group = "other";
  EXPECT_EQ(runtime_->locked_version(stack_, "Flask"), "");
  EXPECT_FALSE(runtime_->differences(stack_, {}));
}

TEST_F(PythonRuntimeTest, TakesNoApplicationOfAnotherLanguage) {
  spec_.application = "/apps/app.js";
  const auto done = runtime_->prepare(std::span(&stack_, 1), {});
  ASSERT_FALSE(done.front());
  EXPECT_EQ(done.front().error().kind, ErrorKind::usage);
  EXPECT_THAT(done.front().error().what, HasSubstr("must be a .py file"));
}

}  // namespace
}  // namespace unrig::runtime::python
