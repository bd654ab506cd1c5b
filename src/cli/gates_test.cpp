#include "cli/gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"

namespace unrig::cli {
namespace {

using record::GateOutcome;
using ::testing::HasSubstr;

Result<Options> parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "unrig");
  return parse(static_cast<int>(words.size()), words.data());
}

TEST(GateOption, IsTakenAsOftenAsItIsGivenByWhatMeasures) {
  const std::vector<const char*> two{"--gate", "p99 < 1s", "--gate", "failed = 0"};
  const auto with = [&](std::vector<const char*> words) {
    words.insert(words.end(), two.begin(), two.end());
    auto options = parsed(words);
    EXPECT_TRUE(options) << options.error().what;
    return options->command;
  };
  const auto run = std::get<RunOptions>(with({"run", "flask-gunicorn"}));
  ASSERT_EQ(run.gates.size(), 2U);
  EXPECT_EQ(run.gates[1].text, "failed = 0");
  EXPECT_EQ(std::get<CompareOptions>(with({"compare", "a", "b"})).run.gates.size(), 2U);
  EXPECT_EQ(std::get<CompareOptions>(with({"compare", "http://a/", "http://b/"})).run.gates.size(),
            2U);
  EXPECT_EQ(std::get<LoadOptions>(with({"load", "http://a/"})).gates.size(), 2U);
  // A word after it is one of the command's own.
  EXPECT_EQ(std::get<RunOptions>(parsed({"run", "--gate", "p99 < 1s", "a"})->command).stacks,
            std::vector<std::string>{"a"});
}

TEST(GateOption, ThatIsWrongIsRefusedWithHelp) {
  const auto options = parsed({"run", "--gate", "p99 < 1s", "--gate", "p98 < 1s"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, ErrorKind::usage);
  EXPECT_THAT(options.error().what, HasSubstr("--gate: 'p98 < 1s': there is no metric 'p98'"));
  EXPECT_THAT(options.error().help, HasSubstr("did you mean 'p9"));
}

campaign::Task two_stacks() {
  return {.cells = {{.stack = "a", .label = "a"}, {.stack = "b", .label = "b"}}, .baseline = "b"};
}

TEST(Gates, AreGivenToTheTaskAsTheyWereTyped) {
  campaign::Task task = two_stacks();
  ASSERT_TRUE(use(std::vector{*analysis::parse_gate(" a: ratio  > 1 ")}, task));
  EXPECT_EQ(task.gates, std::vector<std::string>{"a: ratio  > 1"});
  ASSERT_TRUE(use({}, task));
  EXPECT_EQ(task.gates.size(), 1U) << "those of a stored run stay";
}

TEST(Gates, OfNothingThatIsMeasuredAreRefused) {
  campaign::Task task = two_stacks();
  const auto used = use(std::vector{*analysis::parse_gate("c: ratio > 1")}, task);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().kind, ErrorKind::usage);
  EXPECT_THAT(used.error().what, HasSubstr("--gate: 'c: ratio > 1': nothing"));
  EXPECT_FALSE(used.error().help.empty());
}

TEST(Gates, TheWorstOutcomeIsTheExitCode) {
  const auto code = [](std::vector<GateOutcome> outcomes) {
    std::vector<record::JudgedGate> gates;
    for (const auto outcome : outcomes) gates.push_back({.outcome = outcome});
    return exit_code_of(gates);
  };
  EXPECT_EQ(code({}), 0);
  EXPECT_EQ(code({GateOutcome::passed}), 0);
  EXPECT_EQ(code({GateOutcome::passed, GateOutcome::undecided}), 98);
  EXPECT_EQ(code({GateOutcome::undecided, GateOutcome::failed, GateOutcome::passed}), 99);
}

}  // namespace
}  // namespace unrig::cli
