#include "cli/other_options.h"

#include "base/text.h"
#include "cli/completion_scripts.h"

namespace unrig::cli {
namespace {

const std::vector<std::string> things_to_list{"stacks", "scenarios", "vintages", "knobs", "runs"};
const std::vector<std::string> formats{"csv",         "json",    "jsonl",   "hlog",
                                       "hgrm",        "junit",   "bencher", "benchmark-action",
                                       "openmetrics", "markdown"};

/// Its values are words that help spells out.
CLI::Option* add_one_of(CLI::Option* option, const std::vector<std::string>& words) {
  return option->type_name(join(words, "|"))->check(CLI::IsMember(words).description(""));
}

void add_run_name(CLI::App* sub, std::string& run) {
  sub->add_option("RUN", run, "its name, a unique beginning of it, or 'last'")
      ->type_name("")
      ->capture_default_str();
}

/// What is run, by the options that a run has as well: of all who have members of these names.
template <class Subject>
void add_subject(CLI::App* sub, Subject& options, const std::string& scenario) {
  sub->add_option("--scenario", options.scenario, scenario)
      ->type_name("SCENARIO")
      ->capture_default_str();
  sub->add_option("--vintage", options.vintage, "versions to build from")
      ->type_name("VINTAGE")
      ->capture_default_str();
  sub->add_option("--set", options.set, "change one setting of the scenario")
      ->type_name("KNOB=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--python", options.python, "interpreter of the Python stacks")
      ->type_name("FILE");
}

}  // namespace

void add_init(CLI::App& app, InitOptions& init) {
  CLI::App* sub = app.add_subcommand("init", "a folder that measures an application of yours");
  sub->add_option("FOLDER", init.folder,
                  "to be written; else 'measure', of stacks 'my-stacks'; no file is replaced")
      ->type_name("");
  CLI::Option* url = sub->add_option("--url", init.url, "of a server that runs already");
  CLI::Option* command =
      sub->add_option("--command", init.command,
                      "starts a server; {port} stands where its port does, and a shell reads it")
          ->type_name("LINE");
  CLI::Option* like =
      sub->add_option("--like", init.like, "the stack to be copied, as a beginning of your own")
          ->type_name("STACK");
  url->type_name("URL")->excludes(command)->excludes(like);
  command->excludes(like);
  sub->add_option("--against", init.against, "another URL or command, to be held against")
      ->type_name("URL|LINE")
      ->excludes(like);
  sub->add_option("--path", init.path, "that is asked of commands")
      ->type_name("PATH")
      ->capture_default_str()
      ->needs(command);
  sub->add_flag("--chain", init.chain,
                "make stacks of the commands, which are measured through the whole chain")
      ->needs(command);
  const ExpectationOptions expected = add_expectation(sub, init.expect);
  expected.length->excludes(like);
  expected.json->excludes(like);
  sub->footer(
      "Without --url, --command and --like it asks, on a terminal. Of a URL or a command it "
      "writes\n"
      "FOLDER/measure.sh, a script of some lines to be changed and run again; what a command "
      "needs\n"
      "(an environment, a database) is yours to give it: 'gunicorn --bind 127.0.0.1:{port} "
      "app:app'.\n"
      "With --chain it writes FOLDER/my-PROGRAM/stack.toml of each command, where {workers} may\n"
      "stand as well, and no shell reads it. Of a stack it writes FOLDER/my-STACK. Both are\n"
      "measured through the whole chain.\n"
      "--expect-json takes JSON: user.id=7 is a number, 'args.user=\"7\"' a text.\n\n"
      "  unrig init --url http://127.0.0.1:8000/ --against http://127.0.0.1:8001/\n"
      "  unrig init --url http://127.0.0.1:8000/users/7 --expect-json user.id=7\n"
      "  unrig init my-stacks --like flask-gunicorn");
}

void add_doctor(CLI::App& app, DoctorOptions& doctor) {
  CLI::App* sub = app.add_subcommand("doctor", "what would spoil the numbers on this machine");
  sub->add_option("STACK", doctor.stack, "the stack that the chain is tried with, if it was built")
      ->type_name("");
  add_subject(sub, doctor, "the scenario that is to be measured");
  sub->footer(
      "Reads what the machine is, looks for programs, and measures for some 15 s: the load\n"
      "generator, timers, and how far two seconds of the chain differ. Ends with 3 where "
      "something\n"
      "would make results invalid.\n\n"
      "  unrig doctor\n"
      "  unrig doctor --scenario fair --set clients=1000");
}

void add_check(CLI::App& app, CheckOptions& check) {
  CLI::App* sub =
      app.add_subcommand("check", "whether stacks keep the contract of the application");
  sub->add_option("STACK", check.stacks, "stacks to check, NAME or NAME@VINTAGE")
      ->type_name("")
      ->required();
  add_subject(sub, check, "the scenario that they are checked in");
  sub->footer(
      "Starts each stack with pooler and database, asks it in all the ways that clients have, and\n"
      "watches it from outside: answers byte by byte, requests in pieces, statements on the wire,\n"
      "connections of each process, the listen queue, whatever it writes. Says of each point what\n"
      "was expected, what was seen and where, and what to change. Ends with 99 where one is not\n"
      "kept, with 98 where one could not be checked, with 4 where a stack does not start.\n\n"
      "  unrig check flask-gunicorn\n"
      "  unrig check my-stack --stacks my-stacks --set workers.async=2");
}

void add_list(CLI::App& app, ListOptions& list) {
  CLI::App* sub = app.add_subcommand("list", "what there is");
  add_one_of(sub->add_option("WHAT", list.what, "kind of thing"), things_to_list)
      ->capture_default_str();
  sub->add_option("--python", list.python, "interpreter of the Python stacks")->type_name("FILE");
}

void add_show(CLI::App& app, ShowOptions& show) {
  CLI::App* sub = app.add_subcommand("show", "a stored run, as it was printed");
  add_run_name(sub, show.run);
  sub->add_option("--trial", show.trial,
                  "the percentiles of its N-th trial, in the order in which they ran")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  add_histogram_files(sub, show.files);
}

void add_report(CLI::App& app, ReportOptions& report) {
  CLI::App* sub = app.add_subcommand("report", "stored runs as one HTML file");
  sub->add_option("RUN", report.runs,
                  "their names, unique beginnings of them, or 'last'; several stand side by side")
      ->type_name("")
      ->capture_default_str();
  sub->add_option("-o,--output", report.output,
                  "the file, or standard output for -; else reports/RUN.html below --home")
      ->type_name("FILE");
  sub->footer(
      "The file needs no network and can be mailed.\n\n"
      "  unrig report\n"
      "  unrig report last -o result.html\n"
      "  unrig report 20261124-102030-1a2b 20261125-101112-3c4d");
}

void add_export(CLI::App& app, ExportOptions& chosen) {
  CLI::App* sub = app.add_subcommand("export", "a stored run in other programs' formats");
  add_run_name(sub, chosen.run);
  add_one_of(sub->add_option("--format", chosen.format, "what the other program reads"), formats)
      ->required();
  sub->add_option("-o,--output", chosen.output, "the file, or standard output for -")
      ->type_name("FILE")
      ->capture_default_str();
  sub->add_option("--stack", chosen.stack, "whose response times hgrm has")->type_name("LABEL");
  add_one_of(sub->add_option("--metric", chosen.metric, "what benchmark-action has"),
             {"throughput", "p50", "p99"})
      ->capture_default_str();
}

void add_purge(CLI::App& app, PurgeOptions& purge) {
  CLI::App* sub = app.add_subcommand("purge", "remove what unrig has made below --home");
  sub->add_flag("--database", purge.database, "the database: the next run makes a new one");
  sub->add_flag("--environments", purge.environments,
                "what stacks are built into: the next run builds it again");
  sub->add_flag("--results", purge.results, "all stored runs, reports and logs: they are lost");
  sub->add_flag_callback(
      "--all", [&purge] { purge.database = purge.environments = purge.results = true; },
      "all three");
  sub->add_flag("--plan", purge.plan, "say what would go and what it weighs, and remove nothing");
}

void add_completions(CLI::App& app, std::string& shell) {
  CLI::App* sub = app.add_subcommand("completions", "what a shell reads to complete commands");
  add_one_of(sub->add_option("SHELL", shell, "the shell that reads it"), completed_shells())
      ->required();
  sub->footer(
      "The Debian package and make install put it where shells look. By hand:\n\n"
      "  unrig completions bash > ~/.local/share/bash-completion/completions/unrig\n"
      "  unrig completions zsh > ~/.zfunc/_unrig\n"
      "  unrig completions fish > ~/.config/fish/completions/unrig.fish");
}

void add_help(CLI::App& app, HelpOptions& help) {
  CLI::App* sub = app.add_subcommand("help", "this list, the options of a command, the manual");
  CLI::Option* command =
      sub->add_option("COMMAND", help.command, "whose options to tell")->type_name("");
  CLI::Option* man = sub->add_flag("--man", help.man, "all of it as a manual page");
  CLI::Option* markdown = sub->add_flag("--markdown", help.markdown, "all of it as Markdown");
  man->excludes(command)->excludes(markdown);
  markdown->excludes(command);
  sub->footer(
      "  unrig help compare\n"
      "  unrig help --man");
}

}  // namespace unrig::cli
