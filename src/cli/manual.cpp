#include "cli/manual.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/complete.h"
#include "cli/definition.h"
#include "cli/version.h"

namespace unrig::cli {
namespace {

using Commands = std::vector<const CLI::App*>;

Commands commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Text that roff shows as it is, quotes and dashes as they are typed.
std::string roff(std::string_view text) {
  std::string shown;
  bool line_begins = true;
  for (const char letter : text) {
    if (line_begins && letter == '.') shown += "\\&";
    switch (letter) {
      case '\\':
        shown += "\\e";
        break;
      case '-':
        shown += "\\-";
        break;
      case '\'':
        shown += "\\(aq";
        break;
      case '`':
        shown += "\\(ga";
        break;
      case '^':
        shown += "\\(ha";
        break;
      case '|':
        shown += "|\\:";  // a long list of words may be broken there
        break;
      case '~':
        shown += "\\(ti";
        break;
      default:
        shown += letter;
    }
    line_begins = letter == '\n';
  }
  return shown;
}

/// Lines that stay lines.
std::string verbatim(std::string_view text) {
  return ".nf\n" + roff(text) + (text.ends_with('\n') ? "" : "\n") + ".fi\n";
}

/// "-q, --quiet"
std::string option_names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names.empty() ? option.get_name(true) : join(names, ", ");
}

/// What has to be said of an option besides its description: "[default: 3]".
std::string conditions_of(const CLI::Option& option) {
  std::string text;
  const auto add = [&text](const std::string& what) { text += fmt::format(" [{}]", what); };
  if (!option.get_default_str().empty()) add("default: " + option.get_default_str());
  if (!option.get_envname().empty()) add("variable: " + option.get_envname());
  if (option.get_required()) add("required");
  for (const CLI::Option* other : option.get_needs()) add("only with " + other->get_name());
  return text;
}

std::string option_entry(const CLI::Option& option) {
  const bool named = takes_value(option) && value_name(option) != option.get_name(true);
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(option_names(option)),
                     named ? " \\fI" + roff(value_name(option)) + "\\fR" : "",
                     roff(option.get_description() + conditions_of(option)));
}

/// The options of one group after the other, as help has them.
std::string option_entries(const CLI::App& owner) {
  std::string text;
  for (const CLI::Option* option : owner.get_options()) {
    if (option->get_positional()) text += option_entry(*option);
  }
  for (const auto& group : owner.get_groups()) {
    const auto options = owner.get_options([&group](const CLI::Option* option) {
      return option->nonpositional() && option->get_group() == group;
    });
    if (options.empty()) continue;
    if (group != "Options") text += ".PP\n" + roff(group) + ":\n";
    for (const CLI::Option* option : options) text += option_entry(*option);
  }
  return text;
}

/// "unrig show [RUN]"
std::string usage_of(const CLI::App& command) {
  std::string text = "unrig " + command.get_name();
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

std::string command_section(const CLI::App& command) {
  std::string text = fmt::format(".SS {}\n{}\n{}", roff(usage_of(command)),
                                 roff(command.get_description()), option_entries(command));
  if (const auto footer = command.get_footer(); !footer.empty()) {
    text += ".PP\n" + verbatim(footer);
  }
  return text;
}

constexpr std::string_view manual_end = R"(.SH ENVIRONMENT
.TP
\fBUNRIG_HOME\fR
The home, where \fB\-\-home\fR is not given.
.TP
\fBUNRIG_DATA\fR
The folder with stacks/, scenarios/, vintages/ and apps/, where it is not found from the program.
.TP
\fBUNRIG_UV\fR
The program uv, which makes the environments of the Python stacks.
.TP
\fBNO_COLOR\fR, \fBTERM=dumb\fR
No colours; with the latter no line is drawn anew either.
.SH FILES
.TP
\fI.unrig/\fR
The home: the store of all runs, reports, environments, the private database.
.SH EXIT STATUS
.TP
\fB0\fR
done
.TP
\fB1\fR
unrig itself failed
.TP
\fB2\fR
an option or a configuration file is wrong
.TP
\fB3\fR
something is missing or busy on this machine
.TP
\fB4\fR
no valid measurement, for one stack at least
.TP
\fB98\fR
a gate is undecided: its interval holds the bound; or a point of the contract could not be checked
.TP
\fB99\fR
a gate failed, or a stack does not keep a point of the contract
.TP
\fB130\fR
interrupted; what was measured is kept
)";

std::string man_page(const CLI::App& app) {
  // No date: the same sources make the same page.
  std::string page = fmt::format(
      ".TH UNRIG 1 \"\" \"unrig {}\" \"User Commands\"\n"
      ".nh\n.ad l\n"
      ".SH NAME\n"
      "unrig \\- measure web stacks and say what the numbers are worth\n"
      ".SH SYNOPSIS\n"
      "\\fBunrig\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
      ".SH DESCRIPTION\n{}"
      ".SH COMMANDS\n",
      version(), verbatim(first_help()));
  for (const CLI::App* command : commands_of(app)) page += command_section(*command);
  page += ".SH OPTIONS OF EVERY COMMAND\n" + option_entries(app);
  return page + std::string(manual_end);
}

std::string markdown_page(const CLI::App& app) {
  const auto block = [](std::string_view text) {
    return fmt::format("```\n{}\n```\n", trim(text));
  };
  std::string page =
      "# Commands\n\n"
      "What `unrig help` says, made by `unrig help --markdown`: a test fails where this page is "
      "not "
      "what the program prints.\n\n" +
      block(app.help());
  for (const CLI::App* command : commands_of(app)) {
    page += fmt::format("\n## {}\n{}", command->get_name(), block(command->help("unrig")));
  }
  return page;
}

}  // namespace

Result<std::string> help_text(const HelpOptions& help) {
  // Of an app that has parsed nothing: one that has, tells of the command that was chosen.
  CLI::App app;
  Reading reading;
  define(app, reading);
  if (help.man) return man_page(app);
  if (help.markdown) return markdown_page(app);
  if (help.command.empty()) return app.help();
  std::vector<std::string> known;
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == help.command) return command->help("unrig");
    known.push_back(command->get_name());
  }
  const std::string near = did_you_mean(help.command, known);
  return fail(ErrorKind::usage, fmt::format("there is no command '{}'", printable(help.command)),
              near.empty() ? "unrig help" : fmt::format("unrig help {}", near));
}

}  // namespace unrig::cli
