#include "report/check_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::report {
namespace {

using record::PointOutcome;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

record::CheckedStack kept_stack() {
  record::CheckedStack stack;
  stack.label = "flask-gunicorn";
  stack.framework = "Flask";
  stack.server = "Gunicorn";
  stack.concurrency = "sync";
  stack.workers = 7;
  stack.points = {{.point = "body", .outcome = PointOutcome::holds, .observed = "right"},
                  {.point = "memory",
                   .demanded = false,
                   .outcome = PointOutcome::recorded,
                   .observed = "3 bytes"}};
  return stack;
}

TEST(CheckText, TellsWhatIsNotKeptFirstAndWhatToChange) {
  record::Check check;
  check.stacks = {kept_stack()};
  auto& points = check.stacks[0].points;
  points.push_back({.point = "log", .observed = "strace is not installed"});
  points.push_back({.point = "content type",
                    .outcome = PointOutcome::fails,
                    .expected = "application/json",
                    .observed = "text/html",
                    .where = "answer 1 of 29",
                    .help = "set it"});
  EXPECT_EQ(check_text(check),
            "flask-gunicorn: Flask on Gunicorn, sync, 7 workers\n"
            "  Not kept:\n"
            "    content type: text/html\n"
            "      expected: application/json\n"
            "      at: answer 1 of 29\n"
            "      help: set it\n"
            "  Not checked:\n"
            "    log: strace is not installed\n"
            "  Only recorded:\n"
            "    memory: 3 bytes\n"
            "  Kept:\n"
            "    body: right\n"
            "\n"
            "0 of 1 stack keeps the contract, 1 does not.\n");
}

TEST(CheckText, CountsStacks) {
  record::Check check;
  check.stacks = {kept_stack(), kept_stack(), kept_stack()};
  EXPECT_THAT(check_text(check), EndsWith("\n3 of 3 stacks keep the contract.\n"));
  check.stacks[1].points.push_back({.point = "log", .observed = "nobody looked"});
  check.stacks[2].failure = "it does not start\nits last words";
  const auto text = check_text(check);
  EXPECT_THAT(text, EndsWith("\n1 of 3 stacks keeps the contract, of 2 nobody knows.\n"));
  EXPECT_THAT(text, HasSubstr("  Could not be looked at any further:\n    it does not start\n"
                              "    its last words\n"));
}

TEST(CheckText, HasNothingFromTheWireThatMovesACursor) {
  record::Check check;
  check.stacks = {kept_stack()};
  check.stacks[0].points[0].observed = "\x1b[2J";
  EXPECT_THAT(check_text(check), Not(HasSubstr("\x1b")));
}

TEST(CheckText, SaysWhatHelpsWhereNothingIsDemanded) {
  record::Check check;
  check.stacks = {kept_stack()};
  auto& memory = check.stacks[0].points[1];
  memory.where = "all processes";
  memory.help = "look at what lives on";
  EXPECT_THAT(check_text(check), HasSubstr("    memory: 3 bytes\n      at: all processes\n"
                                           "      help: look at what lives on\n"));
}

TEST(CheckText, OneReasonOfSeveralIsSaidOnce) {
  record::Check check;
  check.stacks = {kept_stack()};
  for (const char* name : {"statement", "round trips"})
    check.stacks[0].points.push_back({.point = name, .demanded = false, .observed = "no database"});
  check.stacks[0].points.push_back({.point = "HEAD", .demanded = false, .observed = "not asked"});
  EXPECT_THAT(check_text(check), HasSubstr("    statement, round trips: no database\n"
                                           "    HEAD: not asked\n"));
}

}  // namespace
}  // namespace unrig::report
