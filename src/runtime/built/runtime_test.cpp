#include "runtime/built/runtime.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/testing_folder.h"
#include "base/text.h"
#include "runtime/built/build.h"

namespace unrig::runtime::built {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;

TEST(Languages, AreFoundByName) {
  ASSERT_NE(find_language("go"), nullptr);
  EXPECT_EQ(find_language("go")->toolchain.name, "go");
  EXPECT_EQ(find_language("python"), nullptr);
  EXPECT_EQ(find_language("cobol"), nullptr);
  EXPECT_EQ(language_names(), "go, java, native, node, rust");
  EXPECT_TRUE(compiles_while_it_runs("java"));
  EXPECT_FALSE(compiles_while_it_runs("go"));
  EXPECT_FALSE(compiles_while_it_runs("python")) << "it has no row here";
}

TEST(BuildVariables, AreTheCallersAndPlacesUnderHome) {
  const auto variables = build_variables(
      *find_language("go"), {{"PATH", "/usr/bin"}, {"GOFLAGS", "-mod=mod"}, {"GOCACHE", "/root"}},
      {.cache = "/cache",
       .build = "/builds/x",
       .programs = "/opt/go/bin",
       .installation = "/opt/go"});
  EXPECT_EQ(variables.at("PATH"), "/opt/go/bin:/usr/bin");
  EXPECT_EQ(variables.at("GOCACHE"), "/cache/go/build");
  EXPECT_THAT(variables.at("GOFLAGS"), ::testing::StartsWith("-mod=mod -modcacherw"));
}

TEST(BuildVariables, OfJavaNameTheInstallationForWhatLooksForIt) {
  const auto variables =
      build_variables(*find_language("java"), {{"JAVA_HOME", "/old"}, {"MAVEN_OPTS", "-Xmx1g"}},
                      {.cache = "/cache",
                       .build = "/builds/x",
                       .programs = "/usr/bin",
                       .installation = "/usr/lib/jvm/new"});
  EXPECT_EQ(variables.at("PATH"), "/usr/bin:/usr/bin:/bin");
  EXPECT_EQ(variables.at("JAVA_HOME"), "/usr/lib/jvm/new");
  EXPECT_EQ(variables.at("MAVEN_OPTS"), "-Xmx1g -Dmaven.repo.local=/cache/maven");
}

/// A home, and stacks whose toolchain is a script that tells a version.
class BuiltRuntimeTest : public FolderTest {
 protected:
  BuiltRuntimeTest() {
    tool_ = write("tools/bin/node", "#!/bin/sh\necho v22.1.0\necho more\n", 0755);
    write("stacks/one/server.js", "1");
    write("stacks/one/data/pool.js", "1");
    write("stacks/one/start", "#!/bin/sh\n", 0755);
    one_ = spec("one");
  }
  [[nodiscard]] stack::StackSpec spec(const std::string& name) const {
    stack::StackSpec spec{.name = name,
                          .language = "node",
                          .folder = folder() / "stacks" / name,
                          .command = {"{node}", "{build}/server.js"},
                          .vintages = {{.name = "2026"}}};
    spec.toolchain = {tool_.string(), "--version"};
    const std::vector<std::filesystem::path> layers = {spec.folder};
    spec.files = stack::source_files(layers, {}).value();
    spec.files_hash = stack::hash_of(spec.files).value();
    return spec;
  }
  /// Whatever is asked, of a runtime of its own.
  template <class Ask>
  auto with_runtime(const Ask& ask) {
    const auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
    EXPECT_TRUE(folders) << folders.error().what;
    const auto runtime =
        make_runtime(*find_language("node"), {.data = folder(), .home = folder() / "home"},
                     {*guard_, clock_, &*folders});
    return ask(*runtime);
  }
  std::vector<Result<>> prepare(const std::vector<const stack::StackSpec*>& specs) {
    std::vector<stack::Selection> stacks;
    for (const auto* spec : specs) stacks.push_back({spec, "2026"});
    return with_runtime([&](Runtime& runtime) {
      return runtime.prepare(stacks, [&](const BuildProgress& now) { told_.push_back(now); });
    });
  }
  [[nodiscard]] std::vector<std::filesystem::path> builds() const {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder() / "home/builds", none)) {
      if (entry.is_directory()) found.push_back(entry.path());
    }
    return found;
  }
  [[nodiscard]] std::string read(const std::filesystem::path& path) const {
    return read_file(path).value_or("");
  }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::filesystem::path tool_;
  stack::StackSpec one_;
  std::vector<BuildProgress> told_;
};

TEST_F(BuiltRuntimeTest, LaysTheFilesAndBuildsOnce) {
  one_.build = {"sh", "-c", "echo $HOME $npm_config_cache $TMPDIR >> built; echo x > made"};
  const auto first = prepare({&one_});
  ASSERT_TRUE(first[0]) << first[0].error().what;
  ASSERT_EQ(builds().size(), 1U);
  const auto build = builds().front();
  EXPECT_THAT(build.filename().string(), MatchesRegex("one-[0-9a-f]{12}"));
  EXPECT_EQ(read(build / "server.js"), "1");
  EXPECT_EQ(read(build / "data/pool.js"), "1");
  EXPECT_EQ(::access((build / "start").c_str(), X_OK), 0) << "what may run, may run there";
  EXPECT_THAT(read(build / "built"), HasSubstr("/npm " + build.string() + ".temporary"));
  EXPECT_FALSE(std::filesystem::exists(build.string() + ".temporary"));
  EXPECT_THAT(told_.front().under_way, ElementsAre("one: building"));

  const auto before = read(build / "built");
  told_.clear();
  ASSERT_TRUE(prepare({&one_})[0]);
  EXPECT_EQ(read(build / "built"), before) << "nothing is built again";
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(BuiltRuntimeTest, WhatChangesIsBuiltAnewInTheOldOnesPlace) {
  ASSERT_TRUE(prepare({&one_})[0]);
  const auto before = builds();
  write("stacks/one/server.js", "2");
  one_ = spec("one");
  ASSERT_TRUE(prepare({&one_})[0]);
  ASSERT_EQ(builds().size(), 1U);
  EXPECT_NE(builds(), before);
  EXPECT_EQ(read(builds().front() / "server.js"), "2");
}

TEST_F(BuiltRuntimeTest, ABuildThatFailsTellsItsLastLinesAndTheOthersGoOn) {
  write("stacks/two/server.js", "");
  auto two = spec("two");
  one_.build = {"sh", "-c", "echo reading; echo cannot find it; exit 3"};
  const auto done = prepare({&one_, &two});
  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().kind, ErrorKind::environment);
  EXPECT_THAT(done[0].error().what, HasSubstr("cannot build the stack one: sh -c"));
  EXPECT_THAT(done[0].error().what, HasSubstr("exit status 3; the last lines:\n"));
  EXPECT_THAT(done[0].error().what, EndsWith("cannot find it"));
  EXPECT_THAT(done[0].error().help, HasSubstr("home/logs/build-one.log"));
  ASSERT_TRUE(done[1]) << done[1].error().what;
  ASSERT_EQ(builds().size(), 1U) << "what is half made is thrown away";
}

TEST_F(BuiltRuntimeTest, AHalfMadeOneIsThrownAway) {
  ASSERT_TRUE(prepare({&one_})[0]);
  const auto build = builds().front();
  std::filesystem::remove(build / "complete");
  write(build / "left", "of a killed run");
  ASSERT_TRUE(prepare({&one_})[0]);
  EXPECT_FALSE(std::filesystem::exists(build / "left"));
}

TEST_F(BuiltRuntimeTest, FilesThatChangeMeanwhileAreNotBuilt) {
  write("stacks/one/server.js", "3");
  const auto done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_THAT(done[0].error().what, HasSubstr("changed while unrig read them"));
  EXPECT_THAT(builds(), IsEmpty());
}

TEST_F(BuiltRuntimeTest, AToolchainThatIsMissingIsNamedWithThePackage) {
  one_.toolchain = {(folder() / "none").string(), "--version"};
  auto done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().kind, ErrorKind::environment);
  EXPECT_THAT(done[0].error().what, HasSubstr("none is missing"));
  EXPECT_THAT(done[0].error().help, HasSubstr("apt-get install nodejs"));
  write("tools/bin/node", "#!/bin/sh\necho broken; exit 1\n", 0755);
  one_ = spec("one");
  done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_THAT(done[0].error().what, HasSubstr("tells no version: exit status 1, broken"));
}

TEST_F(BuiltRuntimeTest, AProgramOfABuildThatIsMissingIsNamed) {
  one_.build = {"no-such-program"};
  const auto done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().what, "the program no-such-program is missing");
}

TEST_F(BuiltRuntimeTest, AToolThatABuildsShellDoesNotFindIsNamedWithItsPackage) {
  one_.build = {"sh", "-c", "echo 'build.sh: 3: npm: not found'; exit 127"};
  const auto done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().help, "apt-get install npm");
}

TEST_F(BuiltRuntimeTest, AFileWithTheNameOfTheMarkIsRefused) {
  write("stacks/one/complete", "");
  one_ = spec("one");
  const auto done = prepare({&one_});
  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().kind, ErrorKind::usage);
}

TEST_F(BuiltRuntimeTest, StartsWhatWasBuiltWithTheToolchain) {
  const stack::Selection one{&one_, "2026"};
  one_.command.push_back("{folder}/more");
  one_.application = one_.folder / "server.js";
  with_runtime([&](Runtime& runtime) {
    const auto program = runtime.program(one);
    ASSERT_TRUE(program) << program.error().what;
    const auto build = builds().front().string();
    EXPECT_THAT(program->placeholders, Contains(Pair("build", build)));
    EXPECT_THAT(program->placeholders, Contains(Pair("node", tool_.string())));
    EXPECT_THAT(program->placeholders, Contains(Pair("application", build + "/server.js")));
    EXPECT_THAT(program->placeholders, Contains(Pair("folder", one_.folder.string())));
    EXPECT_EQ(program->variables.at("PATH"),
              tool_.parent_path().string() + ":/usr/local/bin:/usr/bin:/bin");
    EXPECT_THAT(runtime.versions(),
                Contains(Pair("toolchain of one", "v22.1.0 " + tool_.string())));
    EXPECT_TRUE(runtime.is_ready(one));
    EXPECT_EQ(runtime.find(one).value(), "v22.1.0 " + tool_.string());
  });
}

TEST_F(BuiltRuntimeTest, HoldsWhatIsInstalledAgainstTheLock) {
  write("stacks/one/package-lock.json",
        R"({"packages": {"node_modules/pg": {"version": "8.16.0"}}})");
  one_ = spec("one");
  one_.lock = one_.folder / "package-lock.json";
  one_.build = {"sh", "-c",
                "mkdir -p node_modules/pg && echo '{\"version\": \"8.15.0\"}' > "
                "node_modules/pg/package.json"};
  const stack::Selection one{&one_, "2026"};
  with_runtime([&](Runtime& runtime) {
    const auto installed = runtime.installed(one);
    ASSERT_TRUE(installed) << installed.error().what;
    EXPECT_EQ(installed->folder, std::filesystem::canonical(builds().front()));
    EXPECT_EQ(installed->program, std::filesystem::canonical(tool_));
    EXPECT_EQ(installed->not_seen, "");
    EXPECT_THAT(runtime.differences(one, installed->packages).value(),
                ElementsAre("pg 8.15.0 instead of 8.16.0"));
    EXPECT_EQ(runtime.locked_version(one, "pg"), "8.16.0");
    EXPECT_EQ(runtime.lock(one), one_.lock);
  });
}

TEST_F(BuiltRuntimeTest, WithoutALockNobodyKnowsItsPackages) {
  const stack::Selection one{&one_, "2026"};
  with_runtime([&](Runtime& runtime) {
    const auto installed = runtime.installed(one);
    ASSERT_TRUE(installed) << installed.error().what;
    EXPECT_EQ(installed->not_seen, "it has no lock");
    EXPECT_THAT(installed->packages, IsEmpty());
  });
}

TEST_F(BuiltRuntimeTest, AProgramThatIsThereNeedsNoToolchain) {
  auto mine = spec("one");
  mine.toolchain.clear();
  mine.language = "native";
  mine.command = {"/srv/shop/venv/bin/gunicorn", "app:app"};
  const auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
  ASSERT_TRUE(folders) << folders.error().what;
  // A language of which no machine has the toolchain.
  const Language language{.name = "native", .toolchain = {"no-such-program", "--version", "get"}};
  const auto runtime = make_runtime(language, {.data = folder(), .home = folder() / "home"},
                                    {*guard_, clock_, &*folders});
  const stack::Selection stack{&mine, "2026"};
  const auto ready = runtime->prepare(std::span(&stack, 1), {});
  ASSERT_TRUE(ready.front()) << ready.front().error().what;
  EXPECT_TRUE(runtime->program(stack));
  EXPECT_THAT(runtime->versions(), IsEmpty());
  mine.build = {"cmake", "."};
  EXPECT_FALSE(runtime->prepare(std::span(&stack, 1), {}).front()) << "who builds needs it";
}

}  // namespace
}  // namespace unrig::runtime::built
