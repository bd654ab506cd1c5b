#include "stack/command_line.h"

#include <gmock/gmock.h>

namespace unrig::stack {
namespace {

using ::testing::ElementsAre;

const Placeholders values = {{"host", "127.0.0.1"}, {"port", "80"}, {"bin", "/e/bin"}};

TEST(CommandLine, FillsInEveryPlaceholder) {
  EXPECT_EQ(fill_in("{host}:{port}", values), "127.0.0.1:80");
  EXPECT_EQ(fill_in("{port}{port}", values), "8080");
  EXPECT_EQ(fill_in("a{other}b{port}", values), "a{other}b80") << "what is not known stays";
  EXPECT_EQ(fill_in("{\"a\": {port}}", values), "{\"a\": 80}") << "other braces are text";
  EXPECT_EQ(fill_in("{port", values), "{port");
}

TEST(CommandLine, ExtraBecomesWordsOrNothing) {
  const std::vector<std::string> command = {"{bin}/serve", "{extra}", "--on={port}"};
  EXPECT_THAT(fill_in(command, Splices{{"extra", {"-x", "{host}"}}}, values),
              ElementsAre("/e/bin/serve", "-x", "127.0.0.1", "--on=80"));
  EXPECT_THAT(fill_in(command, Splices{{"extra", {}}}, values),
              ElementsAre("/e/bin/serve", "--on=80"));
  EXPECT_THAT(fill_in(std::vector<std::string>{"{port}", "{"}, Splices{}, values),
              ElementsAre("80", "{"));
}

TEST(CommandLine, NamesTheFirstUnknownPlaceholder) {
  const auto names = placeholder_names("python");
  EXPECT_EQ(unknown_placeholder("{bin}/{prot}", names), "prot");
  EXPECT_EQ(unknown_placeholder("{bin}:{workers}{extra}", names), std::nullopt);
  EXPECT_EQ(unknown_placeholder("{}{1}{A}", names), std::nullopt);
}

TEST(CommandLine, KnowsWhatOnlyAShellUnderstands) {
  for (const auto word : {"|", "&&", ";", ">", "2>&1", "$(nproc)", "${HOME}", "`id`"})
    EXPECT_TRUE(needs_shell(word)) << word;
  for (const auto word : {"--a=b;c", "a|b", "$1", "x>y", "--flag"})
    EXPECT_FALSE(needs_shell(word)) << word;
}

}  // namespace
}  // namespace unrig::stack
