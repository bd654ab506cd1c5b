#include "cli/init_chain.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"
#include "stack/spec.h"

namespace unrig::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CommandWords, AreThoseOfAShell) {
  const auto words =
      command_words(R"(DEBUG=0 A_1=x venv/bin/gunicorn  -b 127.0.0.1:{port} 'a b' "c d" e\ f a=b)");
  ASSERT_TRUE(words) << words.error().what;
  EXPECT_THAT(words->variables, ElementsAre("DEBUG=0", "A_1=x"));
  EXPECT_THAT(words->argv, ElementsAre("venv/bin/gunicorn", "-b", "127.0.0.1:{port}", "a b", "c d",
                                       "e f", "a=b"));
}

TEST(CommandWords, WhatOnlyAShellDoesIsRefused) {
  for (const char* line : {"serve | tee log", "serve > log", "serve $HOME", "cd x && serve",
                           "serve `pwd`", "serve *.py", "serve \"$HOME\"", "'serve", "", "A=1"}) {
    const auto words = command_words(line);
    ASSERT_FALSE(words) << line;
    EXPECT_EQ(words.error().kind, ErrorKind::usage);
  }
  EXPECT_TRUE(command_words("serve '$5 | a'")) << "a text is a text";
}

TEST(UsualModel, IsThatOfTheServer) {
  const auto model = [](const char* line) {
    return std::string(usual_model(command_words(line).value()));
  };
  EXPECT_EQ(model("venv/bin/gunicorn app:app"), "sync");
  EXPECT_EQ(model("python3 -m gunicorn app:app"), "sync");
  EXPECT_EQ(model("gunicorn -k gevent app:app"), "async-greenlet");
  EXPECT_EQ(model("gunicorn -k uvicorn.workers.UvicornWorker app:app"), "async-coroutine");
  EXPECT_EQ(model("gunicorn --threads 4 app:app"), "threads");
  EXPECT_EQ(model("uvicorn app:app"), "async-coroutine");
  EXPECT_EQ(model("./shop"), "threads") << "nobody knows";
}

class InitChain : public FolderTest {
 protected:
  /// Written, and read as a run would read them.
  [[nodiscard]] std::vector<stack::StackSpec> stacks_of(const Subject& subject) const {
    const auto made = own_stacks_of(subject);
    EXPECT_TRUE(made) << made.error().what;
    for (const auto& stack : *made) write("my-stacks/" + stack.name + "/stack.toml", stack.content);
    const auto folder = this->folder() / "my-stacks";
    auto stacks = stack::load_stacks(std::span(&folder, 1));
    EXPECT_TRUE(stacks) << stacks.error().what;
    return *stacks;
  }
  [[nodiscard]] Subject subject(std::string a, std::string b) const {
    return {.a = std::move(a),
            .b = std::move(b),
            .commands = true,
            .path = "/users/7",
            .folder = folder().string()};
  }
};

TEST_F(InitChain, WritesStacksThatCanBeRead) {
  auto wanted = subject("DEBUG=0 gunicorn -w {workers} -b 127.0.0.1:{port} app:app",
                        "uvicorn --workers {workers} --port {port} \"a'b:app\"");
  wanted.expect.members = {{.names = {"name"}, .value = std::string("An\"n")},
                           {.names = {"user", "id"}, .value = http::Number{"7"}}};
  wanted.expect.length = http::LengthRange{100, 200};
  const auto stacks = stacks_of(wanted);
  ASSERT_EQ(stacks.size(), 2U);
  const auto& a = stacks.front();
  EXPECT_EQ(a.name, "my-gunicorn");
  EXPECT_EQ(a.concurrency, scenario::Concurrency::sync);
  EXPECT_THAT(a.command,
              ElementsAre("gunicorn", "-w", "{workers}", "-b", "127.0.0.1:{port}", "app:app"));
  EXPECT_EQ(a.directory, folder());
  EXPECT_EQ(a.environment.at("DEBUG"), "0");
  ASSERT_TRUE(a.own);
  EXPECT_EQ(a.own->request.path, "/users/7");
  EXPECT_EQ(a.own->expect, wanted.expect);
  EXPECT_EQ(stacks.back().name, "my-uvicorn");
  EXPECT_EQ(stacks.back().command.back(), "a'b:app");
}

TEST_F(InitChain, TwoOfOneProgramAreToldApart) {
  const auto stacks = stacks_of(subject("serve --port {port}", "serve --port {port} --fast"));
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks.front().name, "my-serve-a");
  EXPECT_EQ(stacks.back().name, "my-serve-b");
  EXPECT_EQ(stacks.front().worker, scenario::Worker::server) << "it is told no number";
}

TEST_F(InitChain, OneAloneIsRun) {
  const auto made = own_stacks_of(subject("serve {port}", ""));
  ASSERT_TRUE(made);
  EXPECT_THAT(next_commands(*made, "my stacks"),
              AllOf(HasSubstr("unrig check my-serve --stacks 'my stacks'"),
                    HasSubstr("unrig run my-serve ")));
}

TEST_F(InitChain, AMemberThatIsNullCannotBeWritten) {
  auto wanted = subject("serve {port}", "");
  wanted.expect.members = {{.names = {"a"}, .value = nullptr}};
  const auto made = own_stacks_of(wanted);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().what, HasSubstr("TOML has no null"));
}

}  // namespace
}  // namespace unrig::cli
