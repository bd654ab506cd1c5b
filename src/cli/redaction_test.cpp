#include "cli/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/options.h"

namespace unrig::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string secret = "s3cr3t";

/// The command line that is kept of these words, joined with blanks.
std::string kept(std::vector<std::string> words) {
  words.insert(words.begin(), "unrig");
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  const auto options = parse(static_cast<int>(argv.size()), argv.data());
  if (!options) return "refused: " + options.error().what + "\n" + options.error().help;
  return join(options->common.command_line, " ");
}

TEST(Redaction, NoSpellingOfAHeaderKeepsItsValue) {
  const std::string header = "Authorization: Bearer " + secret;
  const std::vector<std::vector<std::string>> spellings{{"-H", header},
                                                        {"-H" + header},
                                                        {"-H=" + header},
                                                        {"-qH", header},
                                                        {"-qH" + header},
                                                        {"--header", header},
                                                        {"--header=" + header},
                                                        {"-H", "A: b", "-H", header},
                                                        {"-H", "Authorization:" + secret}};
  for (const auto& spelling : spellings) {
    for (const auto& start : std::vector<std::vector<std::string>>{
             {"load", "http://h/"}, {"compare", "http://h/", "http://i/"}}) {
      auto words = start;
      words.insert(words.end(), spelling.begin(), spelling.end());
      const auto line = kept(words);
      EXPECT_THAT(line, Not(HasSubstr("refused"))) << join(words, "|");
      EXPECT_THAT(line, HasSubstr("Authorization: …")) << join(words, "|");
      EXPECT_THAT(line, Not(HasSubstr(secret))) << join(words, "|");
    }
  }
}

TEST(Redaction, CredentialsOfAddressesAreNotKept) {
  EXPECT_EQ(kept({"compare", "http://name:" + secret + "@h/", "http://i/"}),
            "unrig compare http://…@h/ http://i/");
}

TEST(Redaction, WhatIsNoSecretIsKeptAsItWasTyped) {
  EXPECT_EQ(kept({"run", "flask-gunicorn@2020", "--set", "db.delay=40ms"}),
            "unrig run flask-gunicorn@2020 --set db.delay=40ms");
  EXPECT_EQ(without_secrets({"-H", "X: a", "-c", "5"}, std::vector<std::string>{"X: a"}),
            (std::vector<std::string>{"-H", "X: …", "-c", "5"}));
}

TEST(Redaction, HeaderWithoutANameIsNoMessage) {
  LoadOptions load;
  load.url = "http://127.0.0.1:1/";
  load.headers = {secret};
  const auto plan = plan_of(load, {});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().what + plan.error().help, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace unrig::cli
