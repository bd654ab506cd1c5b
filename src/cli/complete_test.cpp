#include <gmock/gmock.h>

#include <cstdlib>

#include "base/testing_folder.h"
#include "base/text.h"
#include "cli/complete.h"
#include "cli/complete_command.h"
#include "cli/completion_scripts.h"
#include "cli/definition.h"
#include "record/store.h"

namespace unrig::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

constexpr std::string_view a_stack = R"(framework = "Flask"
server = "Gunicorn"
concurrency = "sync"
application = "app.py"
driver = "psycopg2"
command = ["{bin}/serve", "{host}:{port}", "{module}:app"]
[vintage.2026]
group = "wsgi"
[vintage.2020]
group = "old"
note = "altered compiler flags"
)";

/// Data of its own, and a home that the words name.
class CompletionTest : public FolderTest {
 protected:
  CompletionTest() {
    for (const std::string name : {"one", "other"}) {
      write("data/stacks/" + name + "/stack.toml", a_stack);
      write("data/stacks/" + name + "/app.py", "app = 1\n");
    }
    write("data/scenarios/quick.toml", "description = \"few\\tclients\"\n");
    write("data/vintages/2026/wsgi.txt", "");
    ::setenv("UNRIG_DATA", (folder() / "data").c_str(), 1);
    ::unsetenv("UNRIG_HOME");
  }
  ~CompletionTest() override { ::unsetenv("UNRIG_DATA"); }

  /// A home with these runs.
  [[nodiscard]] std::string home(const Words& runs) const {
    EXPECT_TRUE(make_folder(folder() / "home"));
    auto store = record::Store::open(folder() / "home/unrig.db");
    if (!store) {
      ADD_FAILURE() << store.error().what;
      return {};
    }
    for (const auto& run : runs) {
      record::Manifest manifest;
      manifest.run = run;
      manifest.scenario = "article";
      EXPECT_TRUE(store->add_run(manifest));
    }
    return (folder() / "home").string();
  }

  /// The words that are offered, without what is said of them.
  static Words offered(const Words& words) {
    Words offers;
    for (const auto& line : split(trim(completion_lines(words)), '\n')) {
      if (!line.empty()) offers.push_back(line.substr(0, line.find('\t')));
    }
    return offers;
  }
};

TEST_F(CompletionTest, ACommandComesFirstAndThenItsPositionals) {
  EXPECT_THAT(offered({"r"}), ElementsAre("run", "report"));
  EXPECT_THAT(offered({"run", ""}), ElementsAre("one", "other"));
  EXPECT_THAT(offered({"run", "one", "ot"}), ElementsAre("other")) << "it takes many";
  EXPECT_THAT(offered({"list", "s"}), ElementsAre("stacks", "scenarios"));
  EXPECT_THAT(offered({"help", "com"}), ElementsAre("compare", "completions"));
  EXPECT_THAT(offered({"completions", ""}), ElementsAre("bash", "fish", "zsh"));
  EXPECT_THAT(offered({"rnu", "x", ""}), Contains("run")) << "still no command";
}

TEST_F(CompletionTest, OptionsAreThoseOfTheCommandAndOfAll) {
  EXPECT_THAT(offered({"run", "--pr"}), ElementsAre("--precision"));
  EXPECT_THAT(offered({"run", "one", "--ho"}), ElementsAre("--home"));
  EXPECT_THAT(offered({"load", "--pr"}), IsEmpty());
  EXPECT_THAT(offered({"run", "--plan", "--pl"}), ElementsAre("--plain")) << "once is enough";
  EXPECT_THAT(offered({"run", "--set", "clients=1", "--se"}), ElementsAre("--set", "--seed"));
  EXPECT_THAT(offered({"purge", ""}), Contains("--database")) << "it has no positional";
  EXPECT_THAT(offered({"run", "--", "--pr"}), IsEmpty()) << "options are over";
}

TEST_F(CompletionTest, AValueIsWhatTheOptionTakes) {
  EXPECT_THAT(offered({"run", "--blocks", ""}), ElementsAre("auto"));
  EXPECT_THAT(offered({"run", "--blocks=a"}), ElementsAre("--blocks=auto"));
  EXPECT_THAT(offered({"load", "--backend", "e"}), ElementsAre("epoll"));
  EXPECT_THAT(offered({"run", "--baseline", ""}), ElementsAre("one", "other"));
  EXPECT_THAT(offered({"run", "--vintage", ""}), ElementsAre("2026"));
  EXPECT_THAT(offered({"run", "--python", ""}), ElementsAre(":files"));
  EXPECT_THAT(offered({"run", "--scenario", "q"}), ElementsAre("quick", ":files"));
  EXPECT_THAT(offered({"--home", ""}), ElementsAre(":folders"));
  EXPECT_THAT(offered({"run", "--match", "on"}), ElementsAre("one="));
  EXPECT_THAT(offered({"load", "-c", ""}), IsEmpty()) << "a number";
  EXPECT_THAT(offered({"load", "-qc", ""}), IsEmpty());
  EXPECT_THAT(offered({"load", "-c5", "--pa"}), ElementsAre("--pacing"));
}

TEST_F(CompletionTest, AKnobIsFollowedByTheValuesThatItNames) {
  EXPECT_THAT(offered({"run", "--set", "db.d"}), ElementsAre("db.delay="));
  EXPECT_THAT(offered({"run", "--set=db.d"}), ElementsAre("--set=db.delay="));
  EXPECT_THAT(offered({"run", "--set", "proxy.enabled="}),
              ElementsAre("proxy.enabled=true", "proxy.enabled=false"));
  EXPECT_THAT(offered({"run", "--set", "workers.sync="}), ElementsAre("workers.sync=tuned"))
      << "the other word of its unit is no value";
  EXPECT_THAT(offered({"run", "--set", "db.delay="}), IsEmpty());
}

TEST_F(CompletionTest, AVintageFollowsItsStack) {
  EXPECT_THAT(offered({"compare", "one@"}), ElementsAre("one@2026", "one@2020"));
  EXPECT_THAT(completion_lines(Words{"run", "one@2020"}),
              HasSubstr("one@2020\taltered compiler flags\n"));
  EXPECT_THAT(completion_lines(Words{"run", "one"}), HasSubstr("one\tFlask on Gunicorn, sync\n"));
}

TEST_F(CompletionTest, RunsAreThoseOfTheHomeThatTheWordsName) {
  const std::string there = home({"20261124-100000-0001", "20261125-100000-0002"});
  EXPECT_THAT(offered({"--home", there, "show", ""}),
              ElementsAre("last", "20261125-100000-0002", "20261124-100000-0001"));
  EXPECT_THAT(offered({"show", "--home=" + there, "20261124"}),
              ElementsAre("20261124-100000-0001"));
  EXPECT_THAT(offered({"--home", folder() / "nothing", "show", ""}), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder() / "nothing")) << "asking makes nothing";
}

TEST_F(CompletionTest, ANameThatAShellWouldReadIsNotOffered) {
  const std::string there =
      home({"$(touch pwned)", "`x`", "a b", "a;b", "--all", ":files", "=ls", "a\nb", "'", "good"});
  EXPECT_THAT(offered({"--home", there, "show", ""}), ElementsAre("last", "good"));
}

TEST_F(CompletionTest, WhatIsSaidOfAWordIsOneLineWithoutTabs) {
  EXPECT_EQ(completion_lines(Words{"run", "--scenario", "quick"}), "quick\tfew clients\n:files\n");
}

TEST_F(CompletionTest, NoWordsAreNothing) {
  EXPECT_EQ(completion_lines({}), "");
}

TEST(CompletionScripts, AskUnrigAndEvaluateNothing) {
  for (const auto& shell : completed_shells()) {
    const std::string script(completion_script(shell));
    EXPECT_THAT(script, AllOf(HasSubstr("unrig __complete "), Not(HasSubstr("eval "))));
    EXPECT_THAT(script, Not(HasSubstr("compgen -W"))) << "which expands what it is given";
  }
}

}  // namespace
}  // namespace unrig::cli
