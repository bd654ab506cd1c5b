#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::cli {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Result<Options> parse_words(std::vector<const char*> words) {
  words.insert(words.begin(), "unrig");
  return parse(static_cast<int>(words.size()), words.data());
}

TEST(Options, RunTakesStacksKnobsAndCommonOptionsInAnyPlace) {
  const auto options =
      parse_words({"run", "flask-gunicorn", "flask-gevent@2020", "--set", "db.delay=40ms", "--set",
                   "clients=400", "--json", "-", "--blocks", "5", "--warmup", "1s", "--seed", "7",
                   "--home", "elsewhere"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& run = std::get<RunOptions>(options->command);
  EXPECT_EQ(run.stacks, (std::vector<std::string>{"flask-gunicorn", "flask-gevent@2020"}));
  EXPECT_EQ(run.set, (std::vector<std::string>{"db.delay=40ms", "clients=400"}));
  EXPECT_EQ(run.blocks, 5);
  EXPECT_EQ(run.warmup, 1s);
  EXPECT_EQ(run.seed, 7u);
  EXPECT_EQ(options->common.json, "-");
  EXPECT_EQ(options->common.home, "elsewhere");
}

TEST(Options, DefaultsAreStated) {
  const auto options = parse_words({"run"});
  ASSERT_TRUE(options);
  const auto& run = std::get<RunOptions>(options->command);
  EXPECT_EQ(run.scenario, "article");
  EXPECT_EQ(run.blocks, 3);
  EXPECT_EQ(run.duration, 5s);
  EXPECT_FALSE(run.seed);
  EXPECT_FALSE(run.budget);
  EXPECT_DOUBLE_EQ(run.precision, 0.02);
}

TEST(Options, TuningTakesOneStackAndHasItsOwnBaseline) {
  const auto options = parse_words({"run", "--tune", "flask-gunicorn"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_TRUE(std::get<RunOptions>(options->command).tune);
  EXPECT_TRUE(parse_words({"run", "--tune", "--resume", "last"}));
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"run", "--tune"},
           {"run", "--tune", "--all"},
           {"run", "--tune", "flask-gunicorn", "flask-gevent"},
           {"run", "--tune", "flask-gunicorn", "--baseline", "flask-gunicorn"}}) {
    const auto wrong = parse_words(words);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    EXPECT_THAT(wrong.error().what, HasSubstr("--tune"));
  }
}

TEST(Options, BlocksMayFollowFromThePrecision) {
  const auto options =
      parse_words({"run", "--blocks", "auto", "--precision", "1%", "--budget", "30m"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& run = std::get<RunOptions>(options->command);
  EXPECT_EQ(run.blocks, 0);
  EXPECT_DOUBLE_EQ(run.precision, 0.01);
  EXPECT_EQ(run.budget, 30min);
}

TEST(Options, CompareTakesTwoNamesAndTheOptionsOfRun) {
  const auto options = parse_words({"compare", "flask-gevent", "--blocks", "auto", "--margin", "5%",
                                    "flask-gunicorn", "--json", "-"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& compare = std::get<CompareOptions>(options->command);
  EXPECT_EQ(compare.a, "flask-gevent");
  EXPECT_EQ(compare.b, "flask-gunicorn");
  EXPECT_EQ(compare.run.blocks, 0);
  EXPECT_DOUBLE_EQ(compare.run.margin, 0.05);
  EXPECT_FALSE(compare.force);
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"compare", "a"},
                                             {"compare", "a", "b", "c"},
                                             {"compare", "a", "b", "--duration", "0s"}}) {
    ASSERT_FALSE(parse_words(words));
    EXPECT_EQ(parse_words(words).error().kind, ErrorKind::usage);
  }
}

TEST(Options, WrongWordsAreUsageErrorsThatHelp) {
  const auto command = parse_words({"rnu"});
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().kind, ErrorKind::usage);
  EXPECT_THAT(command.error().help, HasSubstr("'run'"));
  const auto option = parse_words({"run", "--blokcs", "3"});
  ASSERT_FALSE(option);
  EXPECT_THAT(option.error().help, HasSubstr("'--blocks'"));
  for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                 {"run", "--blocks", "0"},
                                                                 {"run", "--blocks", "many"},
                                                                 {"run", "--blocks", "3x"},
                                                                 {"run", "--precision", "0"},
                                                                 {"run", "--budget", "-1m"},
                                                                 {"run", "--budget", "0s"},
                                                                 {"run", "--duration", "5"},
                                                                 {"run", "--duration", "0s"},
                                                                 {"run", "--warmup", "-1s"},
                                                                 {"run", "--all", "flask-gunicorn"},
                                                                 {"list", "frameworks"}}) {
    const auto parsed = parse_words(words);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
    EXPECT_FALSE(parsed.error().help.empty() && parsed.error().what.empty());
  }
}

TEST(Options, LimitsOfEveryNumberAreKeptAndTold) {
  struct Case {
    const char *option, *least, *most, *beyond, *limits;
  };
  const Case cases[] = {
      {"--blocks", "1", "10000", "10001", "1 to 10000"},
      {"--precision", "0.01%", "99%", "0.001%", "0.01% to 99%"},
      {"--margin", "0.01%", "99%", "99.9%", "0.01% to 99%"},
      {"--budget", "1ms", "1000h", "2562047h", "1ms to 1000h"},
      {"--warmup", "0s", "24h", "2562047h", "0s to 24h"},
      {"--duration", "1ms", "1000h", "2562047h", "1ms to 1000h"},
      {"--seed", "0", "18446744073709551615", "18446744073709551616", "0 to 18446744073709551615"}};
  for (const auto& [option, least, most, beyond, limits] : cases) {
    for (const auto& command : std::vector<std::vector<const char*>>{
             {"run"}, {"compare", "flask-gevent", "flask-gunicorn"}}) {
      auto words = command;
      words.insert(words.end(), {option, least});
      EXPECT_TRUE(parse_words(words)) << option << " " << least;
      words.back() = most;
      EXPECT_TRUE(parse_words(words)) << option << " " << most;
      words.back() = beyond;
      const auto wrong = parse_words(words);
      ASSERT_FALSE(wrong) << option << " " << beyond;
      EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
      EXPECT_THAT(wrong.error().what, HasSubstr(option));
      EXPECT_THAT(wrong.error().what, HasSubstr(beyond));
      EXPECT_THAT(wrong.error().help, HasSubstr(std::string("give a value from ") + limits));
    }
  }
}

TEST(Options, WrongValueIsNoMisspeltOption) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"run", "--seed", "-1"},
                                             {"run", "--blocks", "-plain"},
                                             {"run", "--duration", "1parsec"},
                                             {"load", "http://h/", "-c", "many"},
                                             {"load", "http://h/", "--backend", "pain"}}) {
    const auto wrong = parse_words(words);
    ASSERT_FALSE(wrong) << words.back();
    EXPECT_THAT(wrong.error().help, ::testing::Not(HasSubstr("did you mean"))) << words.back();
  }
}

TEST(Options, HelpAndVersionAreTexts) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--help"}, {"run", "--help"}, {"--version"}}) {
    const auto parsed = parse_words(words);
    ASSERT_TRUE(parsed);
    EXPECT_THAT(std::get<Printed>(parsed->command).text, HasSubstr("unrig"));
  }
  EXPECT_THAT(std::get<Printed>(parse_words({"run", "--help"})->command).text,
              HasSubstr("--blocks"));
}

}  // namespace
}  // namespace unrig::cli
