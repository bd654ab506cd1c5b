#include "stack/sources.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "stack/testing_stacks.h"

namespace unrig::stack {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::string_view good = R"(language = "go"
framework = "net/http"
server = "net/http"
concurrency = "goroutines"
driver = "pgx"
worker = "server"
statements = 1
build = ["go", "build", "-o", "{build}/server", "."]
lock = "go.sum"
files = ["*.go"]
toolchain = ["go", "version"]
command = ["{build}/server", "--folder", "{folder}", "{go}", "{extra}"]
[vintage.2026]
)";

/// A stack "one" in Go, with what all in Go share.
class SourcesTest : public StacksTest {
 protected:
  SourcesTest() : StacksTest(std::string(good)) {
    write("apps/go/go.mod", "module unrig.test/application\nrequire a v1.0.0\n");
    write("apps/go/go.sum", "a v1.0.0 h1:x=\n");
    write("apps/go/data/pool.go", "package data");
    write("apps/go/notes.txt", "");
    write("stacks/one/main.go", "package main");
  }
  static std::vector<std::string> names(const StackSpec& spec) {
    std::vector<std::string> names;
    for (const auto& file : spec.files) names.push_back(file.name);
    return names;
  }
};

TEST_F(SourcesTest, ReadsEveryKey) {
  const auto stacks = load(good);
  ASSERT_TRUE(stacks) << stacks.error().what;
  const auto& spec = stacks->front();
  EXPECT_EQ(spec.concurrency, scenario::Concurrency::goroutines);
  EXPECT_EQ(spec.worker, scenario::Worker::server);
  EXPECT_EQ(spec.statements, 1);
  EXPECT_THAT(spec.build, ElementsAre("go", "build", "-o", "{build}/server", "."));
  EXPECT_THAT(spec.toolchain, ElementsAre("go", "version"));
  EXPECT_EQ(spec.lock, folder() / "apps/go/go.sum");
  EXPECT_THAT(names(spec), ElementsAre("data/pool.go", "go.mod", "go.sum", "main.go"))
      << "the globs, and always what the language needs";
  EXPECT_TRUE(spec.application.empty());
}

TEST_F(SourcesTest, ALockOfAnotherNameComesAlongAsWell) {
  write("stacks/one/my.sum", "");
  const auto stacks = load(with("lock = \"go.sum\"", "lock = \"my.sum\""));
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_EQ(stacks->front().lock, folder() / "stacks/one/my.sum");
  EXPECT_THAT(names(stacks->front()),
              ElementsAre("data/pool.go", "go.mod", "go.sum", "main.go", "my.sum"));
  const auto missing = load(with("lock = \"go.sum\"", "lock = \"no.sum\""));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().help, "") << "go makes no lock of that name";
}

TEST_F(SourcesTest, ABuildMayNameItsFolderAndItsToolchain) {
  const auto stacks = load(with("[\"go\", \"build\"", "[\"{go}\", \"build\""));
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_EQ(stacks->front().build.front(), "{go}");
}

TEST_F(SourcesTest, WithoutGlobsAllFilesBelongToIt) {
  const auto stacks = load(with("files = [\"*.go\"]\n", ""));
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_THAT(names(stacks->front()),
              ElementsAre("data/pool.go", "go.mod", "go.sum", "main.go", "notes.txt"));
}

TEST_F(SourcesTest, AManifestOfItsOwnMakesItAProjectByItself) {
  write("stacks/one/go.mod", "module mine\n");
  const auto stacks = load(with("lock = \"go.sum\"\n", ""));
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_THAT(names(stacks->front()), ElementsAre("go.mod", "main.go"));
  EXPECT_TRUE(stacks->front().lock.empty()) << "it asks for no packages";
}

TEST_F(SourcesTest, HashChangesWithEveryFile) {
  const auto hash = [&] { return load(good)->front().hash; };
  const auto first = hash();
  EXPECT_EQ(hash(), first);
  write("apps/go/data/pool.go", "package data // other");
  const auto second = hash();
  EXPECT_NE(second, first);
  write("apps/go/notes.txt", "other");
  EXPECT_EQ(hash(), second) << "it is none of its files";
  EXPECT_NE(load(with("statements = 1", "statements = 2"))->front().hash, second);
}

TEST_F(SourcesTest, ALockThatIsMissingIsNamedWithTheCommandThatMakesIt) {
  std::filesystem::remove(folder() / "apps/go/go.sum");
  const auto asked = load(good);
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().kind, ErrorKind::usage);
  EXPECT_THAT(asked.error().what, HasSubstr(place(9, 8) + "there is no lock 'go.sum'"));
  EXPECT_THAT(asked.error().help, EndsWith("apps/go && go mod tidy"));
  const auto usual = load(with("lock = \"go.sum\"\n", ""));
  ASSERT_FALSE(usual);
  EXPECT_THAT(usual.error().what, HasSubstr("apps/go/go.mod asks for packages"));
  EXPECT_THAT(usual.error().help, EndsWith("apps/go && go mod tidy"));
}

TEST_F(SourcesTest, WhichManifestsNeedALock) {
  // Language, manifest and what stands in it; the command that makes the lock, "" where none is
  // needed.
  struct Case {
    std::string language, manifest, content, command;
  };
  const Case cases[] = {
      {"node", "package.json", "{\"type\": \"module\"}", ""},
      {"node", "package.json", "{\"dependencies\": {}}",
       "one && npm install --package-lock-only --omit-lockfile-registry-resolved"},
      {"rust", "Cargo.toml", "", "one && cargo generate-lockfile"},
      {"native", "CMakeLists.txt", "", ""},
      {"java", "pom.xml", "", ""},
  };
  for (const auto& [language, manifest, content, command] : cases) {
    const auto path = write("stacks/one/" + manifest, content);
    const auto stacks = load(fmt::format(
        "language = \"{}\"\nframework = \"x\"\nserver = \"x\"\nconcurrency = \"event-loop\"\n"
        "command = [\"{{build}}/x\"]\n[vintage.2026]\n",
        language));
    EXPECT_EQ(stacks.has_value(), command.empty()) << language << content;
    EXPECT_THAT(stacks ? "" : stacks.error().help, EndsWith(command));
    std::filesystem::remove(path);
  }
}

TEST_F(SourcesTest, TheOldestToolchainIsAVersion) {
  EXPECT_EQ(load(good)->front().least, "");
  EXPECT_EQ(load(with("lock =", "least = \"1.21\"\nlock ="))->front().least, "1.21");
  for (const auto wrong : {">=21", "21.", ".1", "v21", "21 "}) {
    const auto stacks = load(with("lock =", fmt::format("least = \"{}\"\nlock =", wrong)));
    ASSERT_FALSE(stacks) << wrong;
    EXPECT_THAT(stacks.error().what, HasSubstr(place(9, 9) + fmt::format("'{}' is no", wrong)));
  }
}

TEST_F(SourcesTest, TellsWhereAFileIsBroken) {
  struct Case {
    std::string content;
    std::string place;
    std::string_view sentence;
  };
  const Case cases[] = {
      {with("\"*.go\"", "\"*.go\", \"*.ts\""), place(10, 18), "'*.ts' selects no file"},
      {with("[\"go\", \"build\"", "[\"{bin}\", \"build\""), place(8, 9), "placeholder {bin}"},
      {with("[\"go\", \"build\"", "[\"go\", \"&&\""), place(8, 9), "no shell is used"},
      {with("[\"go\", \"version\"]", "[]"), place(11, 13), "must name a program"},
      {with("[\"go\", \"version\"]", "[\"\"]"), place(11, 13), "must name a program"},
      {with("[\"go\", \"version\"]", "[\"{build}/go\"]"), place(11, 13), "placeholder {build}"},
      {with("{build}/server\", \"--f", "{module}\", \"--f"), place(12, 11), "{module}"},
      {with("{build}/server\", \"--f", "{application}\", \"--f"), place(12, 11), "{application}"},
      {with("[vintage.2026]", "[vintage.2026]\ngroup = \"wsgi\""), place(14, 9), "of Python"},
      {with("driver", "event_loop = \"uvloop.Loop\"\ndriver"), place(5, 14), "modules of Python"},
      {with("driver", "application = \"no.go\"\ndriver"), place(5, 15), "among those of the"},
  };
  for (const auto& [content, where, sentence] : cases) {
    const auto stacks = load(content);
    ASSERT_FALSE(stacks) << where;
    EXPECT_EQ(stacks.error().kind, ErrorKind::usage);
    EXPECT_THAT(stacks.error().what, HasSubstr(where));
    EXPECT_THAT(stacks.error().what, HasSubstr(sentence));
  }
}

TEST_F(SourcesTest, OfAnotherFolderTakeOursAndWhatLiesBesideIt) {
  write("elsewhere/apps/go/extra.go", "package main");
  write("elsewhere/stacks/two/main.go", "package main");
  write("elsewhere/stacks/two/stack.toml", with("files = [\"*.go\"]\n", ""));
  ASSERT_TRUE(load(good));
  const std::vector<std::filesystem::path> folders = {folder() / "stacks",
                                                      folder() / "elsewhere/stacks"};
  const auto stacks = load_stacks(folders);
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_THAT(names(stacks->back()),
              ElementsAre("data/pool.go", "extra.go", "go.mod", "go.sum", "main.go", "notes.txt"));
  EXPECT_THAT(names(stacks->front()), ElementsAre("data/pool.go", "go.mod", "go.sum", "main.go"));
}

}  // namespace
}  // namespace unrig::stack
