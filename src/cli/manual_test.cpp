#include "cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/definition.h"

namespace unrig::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const HelpOptions& help) {
  const auto text = help_text(help);
  return text ? *text : text.error().what;
}

TEST(Manual, OfACommandIsItsHelp) {
  EXPECT_THAT(text_of({.command = "compare"}), HasSubstr("Usage: unrig compare "));
  EXPECT_THAT(text_of({}), HasSubstr("Usage: unrig "));
  const auto wrong = help_text({.command = "comapre"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
  EXPECT_EQ(wrong.error().help, "unrig help compare");
}

TEST(Manual, TheManualPageHasEveryCommandAndEveryOption) {
  const std::string page = text_of({.man = true});
  const auto is_told = [&page](const CLI::App& owner) {
    for (const CLI::Option* option : owner.get_options()) {
      for (const auto& name : option->get_lnames()) {
        std::string dashed = "\\-\\-";
        for (const char letter : name) dashed += letter == '-' ? "\\-" : std::string(1, letter);
        EXPECT_THAT(page, HasSubstr(dashed + "\\fR")) << owner.get_name();
      }
    }
  };
  CLI::App app;
  Reading reading;
  define(app, reading);
  is_told(app);
  for (const CLI::App* command : app.get_subcommands({})) {
    EXPECT_THAT(page, HasSubstr(".SS unrig " + command->get_name()));
    is_told(*command);
  }
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-blocks\\fR \\fIN|\\:auto\\fR\n"));
  EXPECT_THAT(page, HasSubstr("[default: 3]"));
}

TEST(Manual, NoLineIsTakenForARequestOfRoff) {
  for (const auto& line : split(text_of({.man = true}), '\n')) {
    if (!line.starts_with('.')) continue;
    const std::string request = line.substr(0, line.find(' '));
    EXPECT_THAT(
        (std::vector<std::string>{".TH", ".nh", ".ad", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi"}),
        ::testing::Contains(request))
        << line;
  }
}

TEST(Manual, ThePageOfTheDocumentsHasTheHelpOfEveryCommand) {
  const std::string page = text_of({.markdown = true});
  CLI::App app;
  Reading reading;
  define(app, reading);
  for (const CLI::App* command : app.get_subcommands({})) {
    EXPECT_THAT(page, HasSubstr("\n## " + command->get_name() + "\n```\n"));
  }
  EXPECT_THAT(page, Not(HasSubstr("```\n```")));
}

}  // namespace
}  // namespace unrig::cli
