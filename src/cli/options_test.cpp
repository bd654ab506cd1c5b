#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "cli/definition.h"

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

TEST(Options, DoctorTakesAScenarioAndAStack) {
  const auto usual = parse_words({"doctor"});
  ASSERT_TRUE(usual) << usual.error().what;
  EXPECT_EQ(std::get<DoctorOptions>(usual->command).stack, "");
  EXPECT_EQ(std::get<DoctorOptions>(usual->command).scenario, "article");
  const auto options = parse_words({"doctor", "sanic", "--scenario", "fair", "--vintage", "2020",
                                    "--set", "clients=7", "--stacks", "more", "--python", "py"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& doctor = std::get<DoctorOptions>(options->command);
  EXPECT_EQ(doctor.stack, "sanic");
  EXPECT_EQ(doctor.scenario, "fair");
  EXPECT_EQ(doctor.vintage, "2020");
  EXPECT_EQ(doctor.set, std::vector<std::string>{"clients=7"});
  EXPECT_EQ(doctor.python, "py");
  EXPECT_FALSE(parse_words({"doctor", "sanic", "tornado"}));
}

TEST(Options, CheckTakesStacks) {
  const auto options = parse_words({"check", "sanic", "tornado@2020", "--scenario", "fair",
                                    "--vintage", "2020", "--set", "workers.async=2", "--stacks",
                                    "more", "--python", "py", "--json", "-"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& check = std::get<CheckOptions>(options->command);
  EXPECT_EQ(check.stacks, (std::vector<std::string>{"sanic", "tornado@2020"}));
  EXPECT_EQ(check.scenario, "fair");
  EXPECT_EQ(check.vintage, "2020");
  EXPECT_EQ(check.set, std::vector<std::string>{"workers.async=2"});
  EXPECT_EQ(check.python, "py");
  const auto usual = parse_words({"check", "sanic"});
  ASSERT_TRUE(usual) << usual.error().what;
  EXPECT_EQ(std::get<CheckOptions>(usual->command).scenario, "article");
  EXPECT_FALSE(parse_words({"check"})) << "all stacks would take an hour";
}

TEST(Options, AnEmptyHomeIsNoHome) {
  const auto options = parse_words({"list", "runs", "--home", ""});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, ErrorKind::usage);
  EXPECT_THAT(options.error().what, HasSubstr("--home: no folder is named"));
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

TEST(Options, LayersAreOfOneStackBesideItsWholeChain) {
  const auto options = parse_words({"run", "--layers", "a"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_TRUE(std::get<RunOptions>(options->command).layers);
  EXPECT_EQ(std::get<RunOptions>(options->command).blocks, 8) << "of three nothing is seen";
  const auto three = parse_words({"run", "--layers", "a", "--blocks", "3"});
  EXPECT_EQ(std::get<RunOptions>(three->command).blocks, 3);
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"run", "--layers"},
                                             {"run", "--layers", "--all"},
                                             {"run", "--layers", "a", "b"},
                                             {"run", "--layers", "--tune", "a"},
                                             {"run", "--layers", "a", "--vary", "clients=1,2"},
                                             {"run", "--layers", "a", "--baseline", "a"}}) {
    const auto wrong = parse_words(words);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    EXPECT_THAT(wrong.error().what, HasSubstr("--layers"));
  }
}

TEST(Options, LimitersAreConfirmedOrNot) {
  const auto confirm = [](const std::vector<const char*>& words) {
    const auto parsed = parse_words(words);
    EXPECT_TRUE(parsed) << parsed.error().what;
    const auto* run = std::get_if<RunOptions>(&parsed->command);
    return run != nullptr ? run->confirm : std::get<CompareOptions>(parsed->command).run.confirm;
  };
  EXPECT_EQ(confirm({"run", "a"}), std::nullopt);
  EXPECT_EQ(confirm({"run", "a", "--confirm"}), true);
  EXPECT_EQ(confirm({"run", "--resume", "last", "--no-confirm"}), false);
  EXPECT_EQ(confirm({"compare", "a", "b", "--no-confirm"}), false);
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"run", "a", "--confirm", "--no-confirm"},
                                             {"run", "--tune", "a", "--confirm"},
                                             {"compare", "http://a/", "http://b/", "--confirm"}}) {
    const auto wrong = parse_words(words);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    EXPECT_THAT(wrong.error().what, HasSubstr("confirm"));
  }
}

TEST(Options, WhatIsVariedMayBeGivenAgain) {
  const auto options =
      parse_words({"run", "a", "--vary", "db.delay=10ms,20ms", "--vary", "cpus.app=[0],[0,1]"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(std::get<RunOptions>(options->command).vary,
            (std::vector<std::string>{"db.delay=10ms,20ms", "cpus.app=[0],[0,1]"}));
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"run", "--tune", "a", "--vary", "workers.sync=2,4"},
           {"run", "--resume", "last", "--vary", "db.delay=10ms,20ms"}}) {
    const auto wrong = parse_words(words);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().what, HasSubstr("--vary"));
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

TEST(Options, TwoUrlsAreComparedWithinFifteenSeconds) {
  const auto options = parse_words({"compare", "http://127.0.0.1:1/", "http://127.0.0.1:2/"});
  ASSERT_TRUE(options) << options.error().what;
  const auto& run = std::get<CompareOptions>(options->command).run;
  EXPECT_GE(run.blocks, 10) << "from ten blocks on intervals are sharper";
  EXPECT_LT(2 * run.blocks * (run.warmup + run.duration), 14s) << "a second is for the rest";
}

TEST(Options, WrongWordsAreUsageErrorsThatHelp) {
  const auto command = parse_words({"rnu"});
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().kind, ErrorKind::usage);
  EXPECT_EQ(command.error().what, "'rnu' is no command");
  EXPECT_THAT(command.error().help, HasSubstr("'run'"));
  const auto behind = parse_words({"--quiet", "rnu"});
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().what, "'rnu' is no command");
  EXPECT_THAT(behind.error().help, HasSubstr("'run'"));
  const auto nothing = parse_words({"--quiet"});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().what, "there is no command");
  EXPECT_EQ(nothing.error().help, "unrig --help");
  const auto url = parse_words({"--quiet", "load"});
  ASSERT_FALSE(url);
  EXPECT_THAT(url.error().what, ::testing::Not(HasSubstr("command")));
  const auto option = parse_words({"run", "--blokcs", "3"});
  ASSERT_FALSE(option);
  EXPECT_THAT(option.error().help, HasSubstr("'--blocks'"));
  for (const auto& words : std::vector<std::vector<const char*>>{{"--quiet"},
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
      {"--patience", "0s", "1000h", "2562047h", "0s to 1000h"},
      {"--warmup", "0s", "24h", "2562047h", "0s to 24h"},
      {"--warmup-most", "0s", "24h", "2562047h", "0s to 24h"},
      {"--duration", "1ms", "1000h", "2562047h", "1ms to 1000h"},
      {"--seed", "0", "18446744073709551615", "18446744073709551616", "0 to 18446744073709551615"}};
  for (const auto& [option, least, most, beyond, limits] : cases) {
    for (const auto& command : std::vector<std::vector<const char*>>{
             {"run"}, {"compare", "flask-gevent", "flask-gunicorn"}}) {
      auto words = command;
      if (option == std::string_view("--precision"))
        words.insert(words.end(), {"--blocks", "auto"});
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

TEST(Options, FreshBlocksAreANumberOrAuto) {
  const auto fresh = [](const char* text) {
    const auto parsed = parse_words({"run", "--fresh-blocks", text});
    return parsed ? std::get<RunOptions>(parsed->command).fresh_blocks : std::optional<int>(-1);
  };
  EXPECT_FALSE(fresh("auto"));
  EXPECT_EQ(fresh("0"), 0);
  EXPECT_EQ(fresh("10000"), 10'000);
  EXPECT_EQ(fresh("10001"), -1);
  EXPECT_EQ(fresh("some"), -1);
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

/// The words of each command that a text shows: lines that begin with two blanks and "unrig ",
/// without what a shell would write to a file.
std::vector<std::vector<std::string>> examples_in(const std::string& text) {
  std::vector<std::vector<std::string>> examples;
  for (const auto& line : split(text, '\n')) {
    if (!line.starts_with("  unrig ")) continue;
    examples.push_back(split(trim(line.substr(0, line.find(" > "))), ' '));
  }
  return examples;
}

Result<Options> parse_line(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const auto& word : words) pointers.push_back(word.c_str());
  return parse(static_cast<int>(pointers.size()), pointers.data());
}

TEST(Options, WithoutAnyWordThereIsAShortHelpWithThreeExamples) {
  const auto options = parse_words({});
  ASSERT_TRUE(options) << options.error().what;
  const std::string& text = std::get<Printed>(options->command).text;
  EXPECT_EQ(examples_in(text).size(), 3U) << text;
  EXPECT_LE(std::ranges::count(text, '\n'), 15) << "it is read at a glance";
  EXPECT_THAT(text, HasSubstr("unrig --help"));
}

TEST(Options, EveryExampleThatAHelpShowsCanBeTyped) {
  CLI::App app;
  Reading reading;
  define(app, reading);
  std::string texts = std::get<Printed>(parse_words({})->command).text;
  for (const CLI::App* sub : app.get_subcommands({})) texts += sub->help();
  const auto examples = examples_in(texts);
  EXPECT_GE(examples.size(), 10U);
  for (const auto& words : examples) {
    const auto parsed = parse_line(words);
    EXPECT_TRUE(parsed) << join(words, " ") << ": " << parsed.error().what;
  }
}

void expect_refused(std::vector<const char*> words, const std::string& option) {
  const auto wrong = parse_words(words);
  ASSERT_FALSE(wrong) << option;
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
  EXPECT_THAT(wrong.error().what, HasSubstr(option + " means nothing "));
  EXPECT_THAT(wrong.error().help, HasSubstr("leave " + option + " out"));
}

TEST(Options, OfTheStoredRunsPlanNothingCanBeChanged) {
  using Words = std::vector<const char*>;
  for (const Words& more : {Words{"flask-gunicorn"},
                            {"--all"},
                            {"--tune"},
                            {"--layers"},
                            {"--baseline", "flask-gunicorn"},
                            {"--noise-floor"},
                            {"--scenario", "article"},
                            {"--vintage", "2026"},
                            {"--set", "clients=10"},
                            {"--blocks", "3"},
                            {"--precision", "1%"},
                            {"--margin", "1%"},
                            {"--warmup", "1s"},
                            {"--warmup-most", "9s"},
                            {"--duration", "1s"},
                            {"--seed", "1"}}) {
    Words words{"run", "--resume", "last"};
    words.insert(words.end(), more.begin(), more.end());
    expect_refused(words, more[0][0] == '-' ? more[0] : "STACK");
  }
  EXPECT_TRUE(parse_words({"run", "--resume", "last", "--fresh-blocks", "0", "--budget", "1m",
                           "--patience", "0s", "--accept-noise", "--accept-unproven", "--audit",
                           "--plan", "--python", "/usr/bin/python3", "--stacks", "more"}));
}

TEST(Options, WhatMeansNothingBesideAnotherIsRefused) {
  const char* plain = "http://127.0.0.1:1/";
  const char* tls = "https://127.0.0.1:1/";
  expect_refused({"run", "--precision", "1%"}, "--precision");
  expect_refused({"compare", "a", "b", "--precision", "1%"}, "--precision");
  expect_refused({"compare", plain, plain, "--force"}, "--force");
  expect_refused({"compare", plain, plain, "--cacert", "x"}, "--cacert");
  expect_refused({"load", plain, "--insecure"}, "--insecure");
  expect_refused({"load", plain, "--cacert", "x"}, "--cacert");
  expect_refused({"load", tls, "--insecure", "--cacert", "x"}, "--cacert");
  expect_refused({"list", "knobs", "--python", "x"}, "--python");
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"load", plain}, {"show"}, {"list", "runs"}, {"compare", plain, plain}}) {
    auto more = words;
    more.insert(more.end(), {"--stacks", "x"});
    expect_refused(more, "--stacks");
  }
  expect_refused({"show", "--hgrm", "x"}, "--hgrm");
  expect_refused({"show", "--hlog", "x"}, "--hlog");
  EXPECT_TRUE(parse_words({"show", "last", "--trial", "2", "--hgrm", "x", "--hlog", "y"}));
  EXPECT_TRUE(parse_words({"load", tls, "--insecure"}));
  EXPECT_TRUE(parse_words({"compare", plain, tls, "--cacert", "x"}));
  EXPECT_TRUE(parse_words({"list", "--stacks", "x", "--python", "y"}));
}

TEST(Options, WhatSaysHowToMeasureIsRemembered) {
  const auto words = parse_words({"compare", "last", "other", "--margin", "1%", "--force",
                                  "--blocks", "3", "--set", "clients=1"});
  ASSERT_TRUE(words) << words.error().what;
  EXPECT_EQ(std::get<CompareOptions>(words->command).measuring,
            (std::vector<std::string>{"--set", "--blocks"}));
}

}  // namespace
}  // namespace unrig::cli
