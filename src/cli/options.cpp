#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/combinations.h"
#include "cli/complete_command.h"
#include "cli/completion_scripts.h"
#include "cli/definition.h"
#include "cli/gates.h"
#include "cli/manual.h"
#include "cli/option_values.h"
#include "cli/other_options.h"
#include "cli/places.h"
#include "cli/redaction.h"
#include "cli/version.h"

namespace unrig::cli {
namespace {

constexpr Limits<int> blocks_limits{1, 10'000};
/// Eight cells share one error of 5 %: of three blocks their intervals would say nothing.
constexpr int layers_blocks = 8;
constexpr Limits<Duration> budget_limits{std::chrono::milliseconds(1), std::chrono::hours(1000)};
constexpr Limits<Duration> patience_limits{Duration(0), std::chrono::hours(1000)};
constexpr Limits<int> fresh_limits{0, 10'000};
constexpr Limits<double> fraction_limits{0.0001, 0.99};

void add_fraction(CLI::App* app, const std::string& name, double& target, const std::string& help) {
  const auto parse = [](std::string_view text) {
    return parse_fraction_within(text, fraction_limits);
  };
  add_parsed(app, name, target, parse,
             fmt::format("{} ({})", help, to_text_percent(fraction_limits)))
      ->type_name("PERCENT")
      ->default_str(fmt::format("{:g}%", target * 100));
}

void add_blocks(CLI::App* app, int& target) {
  const auto parse = [](std::string_view text) -> Result<int> {
    if (text == "auto") return 0;
    auto blocks = parse_within(text, blocks_limits);
    if (!blocks) blocks.error().help += ", or auto";
    return blocks;
  };
  add_parsed(app, "--blocks", target, parse,
             fmt::format("trials of each stack ({}), or auto: until the ratios are precise",
                         to_text(blocks_limits)))
      ->type_name("N|auto")
      ->default_str(std::to_string(target));
}

void add_fresh_blocks(CLI::App* app, std::optional<int>& target) {
  const auto parse = [](std::string_view text) -> Result<std::optional<int>> {
    if (text == "auto") return std::nullopt;
    auto blocks = parse_within(text, fresh_limits);
    if (blocks) return *blocks;
    blocks.error().help += ", or auto";
    return std::unexpected(blocks.error());
  };
  add_parsed(app, "--fresh-blocks", target, parse,
             fmt::format("fresh blocks of the fastest two ({}), or auto: up to 10, until their "
                         "ratio is precise",
                         to_text(fresh_limits)))
      ->type_name("N|auto")
      ->default_str("auto");
}

/// One question, and a word for each of its answers.
void add_confirm(CLI::App* app, std::optional<bool>& target) {
  const auto answer = [&target](bool yes) {
    if (target == !yes) throw CLI::ExcludesError("--confirm", "--no-confirm");
    target = yes;
  };
  app->add_flag_callback(
      "--confirm", [answer] { answer(true); },
      "put what seems to limit each stack to the test, at the end (a compare does)");
  app->add_flag_callback(
      "--no-confirm", [answer] { answer(false); }, "do not");
}

void add_common(CLI::App& app, CommonOptions& common) {
  app.add_option("--home", common.home, "folder for everything that unrig makes")
      ->envname("UNRIG_HOME")
      ->check([](const std::string& folder) {
        return std::string(folder.empty() ? "no folder is named" : "");
      })
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--stacks", common.stacks, "one more folder of stacks")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--json", common.json, "write the record to FILE, or to standard output for -")
      ->type_name("FILE");
  app.add_flag("--plain", common.plain, "plain progress lines, also on a terminal");
  app.add_flag("-q,--quiet", common.quiet, "no progress");
  app.add_flag("--wide", common.wide, "every column of a table, however wide the terminal is");
  app.add_flag("--no-color", common.no_color, "no colours on a terminal either, as with NO_COLOR");
}

// What the help puts apart, and what means nothing to two of the other kind.
const std::string of_stacks = "For stacks";
const std::string of_urls = "For URLs";

/// How to measure, for every command that does.
void add_plan(CLI::App* sub, RunOptions& run) {
  sub->add_option("--scenario", run.scenario, "a scenario's name or file")
      ->type_name("SCENARIO")
      ->capture_default_str();
  sub->add_option("--vintage", run.vintage, "versions to build from")
      ->type_name("VINTAGE")
      ->capture_default_str();
  sub->add_option("--set", run.set, "change one setting of the scenario")
      ->type_name("KNOB=VALUE")
      ->allow_extra_args(false);
  add_blocks(sub, run.blocks);
  add_fraction(sub, "--precision", run.precision, "relative half-width to reach with auto blocks");
  add_fraction(sub, "--margin", run.margin, "difference below which stacks are equivalent");
  add_limited(sub, "--budget", run.budget, budget_limits, "no trial begins after this time");
  add_limited(sub, "--patience", run.patience, patience_limits,
              "wait so long at most, in all, for others to leave this machine alone")
      ->default_str(to_text(run.patience));
  sub->add_flag("--accept-noise", run.accept_noise,
                "count trials that other programs disturbed, marked");
  sub->add_flag("--accept-unproven", run.accept_unproven,
                "rank stacks with claims that could not be checked, marked");
  sub->add_option("--match", run.match,
                  "look for the machine.cpu with which the stack serves the rate, and use it")
      ->type_name("STACK=RATE");
  sub->add_flag("--retune", run.retune,
                "look anew for numbers of workers that the scenario leaves to be tuned");
  add_confirm(sub, run.confirm);
  add_phases(sub, "--duration", run.warmup, run.duration);
  add_limited(
      sub, "--warmup-most", run.warmup_most, warmup_limits,
      "what compiles while it runs (Java, Node) warms up until its level holds, so long at most, "
      "30s without this; 0s: as the others");
  add_seed(sub, run.seed, "of the order and of arrivals");
  add_gates(sub, run.gates);
  sub->add_flag("--no-report", run.no_report, "write no HTML file at the end");
  sub->add_flag("--audit", run.audit, "print what each stack does for one request");
  sub->add_option("--python", run.python, "interpreter of the Python stacks")->type_name("FILE");
}

void add_run(CLI::App& app, RunOptions& run) {
  CLI::App* sub = app.add_subcommand("run", "measure stacks through the whole chain");
  sub->add_option("STACK", run.stacks, "stacks to measure, NAME or NAME@VINTAGE")->type_name("");
  sub->add_flag("--all", run.all, "all stacks that the vintage has");
  sub->add_flag("--tune", run.tune, "find the number of workers that serves one stack best");
  sub->add_flag("--layers", run.layers,
                fmt::format("what each layer of the chain costs one stack: measure it with each "
                            "changed, in {} blocks unless --blocks says otherwise",
                            layers_blocks));
  sub->add_option("--vary", run.vary,
                  "measure each stack with every one of these values; given again, every "
                  "combination")
      ->type_name("KNOB=VALUE,VALUE")
      ->allow_extra_args(false);
  sub->add_option("--baseline", run.baseline, "the stack, or the label, that ratios refer to")
      ->type_name("STACK");
  sub->add_option("--resume", run.resume, "go on with a stored run")->type_name("RUN");
  add_fresh_blocks(sub, run.fresh_blocks);
  sub->add_flag("--noise-floor", run.noise_floor, "measure the baseline twice: what means nothing");
  sub->add_flag("--plan", run.plan, "print order, expected time and disk, and start nothing");
  add_plan(sub, run);
  sub->footer(
      "With --vary the cells of a grid share their blocks; a cell is called by its stack and what\n"
      "is varied: 'flask-gunicorn db.delay=40ms'. Values are as for --set; a comma within "
      "brackets,\n"
      "braces or quotes separates nothing: --vary cpus.app=[0],[0,1]. The baseline is the "
      "baseline\n"
      "stack at the scenario's own value or, where that is not among them, at the first one. Of\n"
      "several stacks no fresh blocks are measured, unless --fresh-blocks asks for them.\n\n"
      "  unrig run flask-gunicorn starlette-uvicorn --vary db.delay=10ms,20ms,40ms\n"
      "  unrig run flask-gunicorn --vary db.sessions=10,20 --vary clients=50,100");
}

void add_compare(CLI::App& app, CompareOptions& compare) {
  CLI::App* sub = app.add_subcommand("compare", "which of two is better, by how much, how surely");
  sub->add_option("A", compare.a, "a stack (NAME or NAME@VINTAGE), a URL or a stored run")
      ->type_name("STACK|URL|RUN")
      ->required();
  sub->add_option("B", compare.b, "what A is held against, of the same kind")
      ->type_name("STACK|URL|RUN")
      ->required();
  sub->add_flag("--force", compare.force, "compare stored runs although scenario or host differ");
  add_plan(sub, compare.run);
  for (const char* name :
       {"--scenario", "--vintage", "--set", "--accept-unproven", "--match", "--warmup-most",
        "--retune", "--confirm", "--no-confirm", "--audit", "--python"}) {
    sub->get_option(name)->group(of_stacks);
  }
  const std::size_t others = sub->get_options().size();
  add_load_settings(sub, compare.load);
  const auto all = sub->get_options();
  for (std::size_t i = others; i < all.size(); ++i) all[i]->group(of_urls);
  sub->footer(
      "Two stacks are measured, in turn and in random order. One stack twice is the A/A test:\n"
      "its interval should cover 1. Two URLs, which somebody else runs, get slices of the same\n"
      "load in turn: 10 blocks of 150ms warm-up and 500ms measured, unless something else is\n"
      "asked for. Of two stored runs, the stacks that both have are compared, and nothing is\n"
      "measured.\n\n"
      "What seems to limit each of two stacks is put to the test at the end, in 5 blocks in which\n"
      "it and what comes next are enlarged by a quarter, or slowed by a fifth: --no-confirm\n"
      "leaves that out.\n\n"
      "  unrig compare flask-gevent flask-gunicorn --blocks auto\n"
      "  unrig compare flask-gunicorn@2026 flask-gunicorn@2020\n"
      "  unrig compare flask-gunicorn flask-gunicorn --blocks 10\n"
      "  unrig compare http://127.0.0.1:8001/ http://127.0.0.1:8002/ -c 50\n"
      "  unrig compare last 20261124-102030-1a2b");
}

/// Names of stacks and runs have neither a colon nor a slash.
bool means_url(std::string_view word) {
  return word.find_first_of(":/") != std::string_view::npos;
}

/// What only the words together tell. `sub` has been parsed.
Result<> settle_compare(const CLI::App& sub, CompareOptions& compare) {
  compare.urls = means_url(compare.a);
  if (means_url(compare.b) != compare.urls) {
    return fail(
        ErrorKind::usage,
        fmt::format("only one of '{}' and '{}' is a URL: only two of a kind can be compared",
                    printable(compare.a), printable(compare.b)),
        "a URL starts with http:// or https://");
  }
  const std::vector<std::string> of_stored_runs{"A", "B", "--margin", "--force"};
  for (const CLI::Option* option : sub.get_options()) {
    if (option->count() > 0 &&
        std::ranges::find(of_stored_runs, option->get_name()) == of_stored_runs.end())
      compare.measuring.push_back(option->get_name());
    if (option->count() > 0 && option->get_group() == (compare.urls ? of_stacks : of_urls)) {
      return fail(ErrorKind::usage,
                  fmt::format("{} means nothing to two {}", option->get_name(),
                              compare.urls ? "URLs" : "stacks or runs"),
                  "unrig compare --help");
    }
  }
  if (!compare.urls) return {};
  // Nothing has to be started for a slice, so many short ones tell more than a few long ones; an
  // answer comes within 15 s.
  if (sub.count("--blocks") == 0) compare.run.blocks = 10;
  if (sub.count("--warmup") == 0) compare.run.warmup = std::chrono::milliseconds(150);
  if (sub.count("--duration") == 0) compare.run.duration = std::chrono::milliseconds(500);
  return {};
}

Result<> check_run(const RunOptions& run) {
  if (run.tune && (run.all || run.stacks.size() != 1)) {
    return fail(ErrorKind::usage, "--tune takes one stack", "unrig run --tune flask-gunicorn");
  }
  if (run.tune && !run.baseline.empty()) {
    return fail(ErrorKind::usage, "--tune has its baseline: the scenario's own number of workers",
                "leave --baseline out");
  }
  if (run.tune && run.noise_floor) {
    return fail(ErrorKind::usage, "--tune and --noise-floor exclude each other",
                "leave one of the two out");
  }
  if (run.tune && run.confirm.value_or(false)) {
    return fail(ErrorKind::usage, "--tune and --confirm exclude each other",
                "leave one of the two out: --tune measures other numbers of workers anyway");
  }
  if (run.tune && !run.vary.empty()) {
    return fail(ErrorKind::usage, "--tune and --vary exclude each other",
                "--vary workers.sync=4,8 names the numbers of workers to try");
  }
  if (run.layers && (run.all || run.stacks.size() != 1)) {
    return fail(ErrorKind::usage, "--layers takes one stack",
                "unrig run --layers starlette-uvicorn");
  }
  if (run.layers && (run.tune || !run.vary.empty() || !run.baseline.empty())) {
    return fail(
        ErrorKind::usage,
        fmt::format("--layers and {} exclude each other", run.tune            ? "--tune"
                                                          : !run.vary.empty() ? "--vary"
                                                                              : "--baseline"),
        "leave one of the two out: each layer is held against the whole chain");
  }
  if (run.all && !run.stacks.empty()) {
    return fail(ErrorKind::usage, "--all and names of stacks exclude each other",
                "leave one of the two out");
  }
  return {};
}

/// Words that could have been meant where `app` or its chosen subcommand knows none such.
std::vector<std::string> known_words(const CLI::App& app, const CLI::App& current) {
  std::vector<std::string> known;
  if (&current == &app) {
    for (const CLI::App* sub : app.get_subcommands({})) known.push_back(sub->get_name());
  }
  for (const CLI::App* owner : {&app, &current}) {
    for (const CLI::Option* option : owner->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  return known;
}

/// The word of those not understood that looks most like a known one, as a question; "" for none.
/// A value, however wrong, is no misspelt option.
std::string suggestion(const std::vector<std::string>& words,
                       const std::vector<std::string>& known) {
  for (const auto& word : words) {
    const std::string name = word.substr(0, word.find('='));
    const bool may_be_one = name.starts_with("--") || !name.starts_with('-');
    const std::string near = may_be_one ? did_you_mean(name, known) : "";
    if (!near.empty() && near != name) return fmt::format("did you mean '{}'?", near);
  }
  return {};
}

/// Of words among which there is no command: the first that is no option was meant as one.
std::string no_command(const std::vector<std::string>& words) {
  const auto word =
      std::ranges::find_if(words, [](const auto& each) { return !each.starts_with('-'); });
  return word == words.end() ? "there is no command"
                             : fmt::format("'{}' is no command", printable(*word));
}

/// CLI11's own texts name the option; unknown words get a suggestion.
Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words) {
  const CLI::App* current = &app;
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (!words.empty() && sub->get_name() == words.front()) current = sub;
  }
  const std::string own_help =
      fmt::format("unrig {}--help", current == &app ? "" : current->get_name() + " ");
  if (const auto* wrong = dynamic_cast<const WrongValue*>(&error)) {
    return {ErrorKind::usage, error.what(), wrong->help().empty() ? own_help : wrong->help()};
  }
  std::vector<std::string> unknown = app.remaining();
  for (const auto& word : current->remaining()) unknown.push_back(word);
  if (current == &app && !words.empty()) unknown.push_back(words.front());
  const std::string near = suggestion(unknown, known_words(app, *current));
  const bool lacks_command =
      app.get_subcommands().empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  return {ErrorKind::usage, lacks_command ? no_command(app.remaining()) : error.what(),
          near.empty() ? own_help : near};
}

/// What the chosen command has read. Error: usage.
Result<Command> command_of(const CLI::App& sub, Reading& reading) {
  const std::string& name = sub.get_name();
  if (name == "compare") {
    if (auto settled = settle_compare(sub, reading.compare); !settled) {
      return std::unexpected(settled.error());
    }
    return reading.compare;
  }
  if (name == "load") return reading.load;
  if (name == "doctor") return reading.doctor;
  if (name == "init") return reading.init;
  if (name == "check") return reading.check;
  if (name == "list") return reading.list;
  if (name == "show") return reading.show;
  if (name == "report") return reading.report;
  if (name == "export") return reading.to_export;
  if (name == "completions") return Printed{std::string(completion_script(reading.completions))};
  if (name == "help") {
    auto text = help_text(reading.help);
    if (!text) return std::unexpected(text.error());
    return Printed{std::move(*text)};
  }
  if (name == "purge") {
    const PurgeOptions& purge = reading.purge;
    if (purge.database || purge.environments || purge.results) return purge;
    return fail(ErrorKind::usage, "nothing is named to be removed",
                "unrig purge --all --plan says what there is");
  }
  if (reading.run.layers && sub.count("--blocks") == 0) reading.run.blocks = layers_blocks;
  return reading.run;
}

}  // namespace

std::string_view first_help() {
  return R"(unrig measures web stacks end to end and says what the numbers are worth.

  unrig load http://127.0.0.1:8000/
      requests to a server of yours for 10 s: how many a second, how fast, what failed
  unrig compare http://127.0.0.1:8000/ http://127.0.0.1:8001/
      which of two is faster, by how much, how surely
  unrig run flask-gunicorn starlette-uvicorn
      web stacks through the whole chain, from the proxy to the database

unrig init writes what measures an application of yours.
unrig --help has all commands, unrig COMMAND --help the options of one.
)";
}

void define(CLI::App& app, Reading& reading) {
  app.description("Measures web stacks end to end and says what the numbers are worth.");
  app.name("unrig");
  app.set_version_flag("--version", fmt::format("unrig {} ({})", version(), commit()));
  app.require_subcommand(1);
  app.fallthrough();
  add_common(app, reading.common);
  add_run(app, reading.run);
  add_compare(app, reading.compare);
  add_load(app, reading.load);
  add_init(app, reading.init);
  add_doctor(app, reading.doctor);
  add_check(app, reading.check);
  add_list(app, reading.list);
  add_show(app, reading.show);
  add_report(app, reading.report);
  add_export(app, reading.to_export);
  add_purge(app, reading.purge);
  add_completions(app, reading.completions);
  add_help(app, reading.help);
}

Result<Options> parse(int argc, const char* const* argv) {
  CLI::App app;
  Reading reading;
  define(app, reading);
  Options options;
  if (argc <= 1) {
    options.command = Printed{std::string(first_help())};
    return options;
  }
  if (argv[1] == complete_command_name) {
    options.command = CompleteOptions{{argv + 2, argv + argc}};
    return options;
  }
  try {
    app.parse(argc, argv);
    options.common = reading.common;
    options.common.command_line = without_secrets(
        {argv, argv + argc},
        app.got_subcommand("load") ? reading.load.headers : reading.compare.load.headers);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    options.command = Printed{chosen.empty() ? app.help() : chosen.front()->help("unrig")};
    return options;
  } catch (const CLI::CallForVersion& found) {
    options.command = Printed{std::string(found.what()) + "\n"};
    return options;
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage_error(app, error, {argv + std::min(argc, 1), argv + argc}));
  }
  if (app.get_option("--home")->empty()) options.common.home = default_home();
  auto command = command_of(*app.get_subcommands().front(), reading);
  if (!command) return std::unexpected(command.error());
  options.command = std::move(*command);
  if (auto fit = check_combinations(app, options); !fit) return std::unexpected(fit.error());
  if (const auto* run = std::get_if<RunOptions>(&options.command)) {
    if (auto checked = check_run(*run); !checked) return std::unexpected(checked.error());
  }
  return options;
}

}  // namespace unrig::cli
