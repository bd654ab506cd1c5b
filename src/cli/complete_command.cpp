#include "cli/complete_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ranges>

#include "base/plural.h"
#include "base/text.h"
#include "cli/complete.h"
#include "cli/definition.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/records.h"
#include "report/look.h"
#include "scenario/file.h"
#include "scenario/knobs.h"
#include "stack/spec.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// A name that a shell takes as it is and unrig for nothing else than a name.
bool is_harmless(const std::string& name) {
  return !name.empty() && shell_word(name) == name &&
         std::string_view("-:=").find(name.front()) == std::string_view::npos;
}

std::vector<Candidate> stack_names(const CommonOptions& common, std::string_view typed) {
  std::vector<Candidate> names;
  const auto data = find_data();
  if (!data) return names;
  const auto folders = stack_folders(*data, common);
  if (!folders) return names;
  const auto specs = stack::load_stacks(*folders);
  if (!specs) return names;
  for (const auto& spec : *specs) {
    const std::string help = fmt::format("{} on {}, {}", spec.framework, spec.server,
                                         scenario::to_text(spec.concurrency));
    if (!typed.contains('@')) {
      names.push_back({spec.name, help});
      continue;
    }
    for (const auto& vintage : spec.vintages) {
      names.push_back({fmt::format("{}@{}", spec.name, vintage.name),
                       vintage.note.empty() ? help : vintage.note});
    }
  }
  return names;
}

/// The newest first.
std::vector<Candidate> run_names(const CommonOptions& common) {
  constexpr std::ptrdiff_t most = 50;
  std::vector<Candidate> names;
  const auto store = open_store_to_read(common);
  if (!store) return names;
  const auto lines = store->list();
  if (!lines || lines->empty()) return names;
  names.push_back({"last", "the newest run"});
  for (const auto& line : *lines | std::views::reverse | std::views::take(most)) {
    names.push_back(
        {line.run, fmt::format("{}, {} of {}", line.scenario, counted(line.trials, "trial"),
                               counted(line.stacks.size(), "stack"))});
  }
  return names;
}

std::vector<Candidate> scenario_names() {
  std::vector<Candidate> names;
  const auto data = find_data();
  if (!data) return names;
  for (const auto& name : scenario::names(*data / "scenarios")) {
    const auto loaded = scenario::load(*data / "scenarios", name);
    names.push_back({name, loaded ? loaded->description : ""});
  }
  return names;
}

std::vector<Candidate> vintages() {
  std::vector<Candidate> names;
  const auto data = find_data();
  if (!data) return names;
  for (auto& name : vintage_names(*data)) names.push_back({std::move(name), {}});
  return names;
}

/// "NAME=", and behind it the values that its unit spells out.
std::vector<Candidate> assignments(std::string_view typed) {
  std::vector<Candidate> words;
  const auto equals = typed.find('=');
  for (const auto& knob : scenario::knobs()) {
    if (equals == std::string_view::npos) {
      words.push_back({fmt::format("{}=", knob.name), std::string(knob.help)});
      continue;
    }
    if (typed.substr(0, equals) != knob.name) continue;
    for (const auto& value : spelled_out(knob.unit)) {
      scenario::Scenario scenario;  // a unit also has words for what is no value: "count|tuned"
      if (!scenario::set_text(scenario, knob.name, value)) continue;
      words.push_back({fmt::format("{}={}", knob.name, value), {}});
    }
  }
  return words;
}

std::vector<Candidate> live_names(const std::string& kind, const CommonOptions& common,
                                  std::string_view typed) {
  if (kind == "STACK") return stack_names(common, typed);
  if (kind == "RUN") return run_names(common);
  if (kind == "SCENARIO") return scenario_names();
  if (kind == "VINTAGE") return vintages();
  if (kind.starts_with("KNOB=")) return assignments(typed);
  if (kind != "STACK=RATE" || typed.contains('=')) return {};
  auto names = stack_names(common, typed);
  for (auto& name : names) name.word += '=';
  return names;
}

std::string line_of(const Candidate& candidate) {
  constexpr std::size_t widest = 70;
  const std::string help = report::one_line(printable(candidate.help), widest);
  return candidate.word + (help.empty() ? "" : '\t' + help) + '\n';
}

/// As the parser would find it, without making anything of it.
CommonOptions common_of(const CLI::App& app, const Expected& expected) {
  CommonOptions common;
  const char* variable = std::getenv(app.get_option("--home")->get_envname().c_str());
  common.home = !expected.home.empty()                     ? expected.home
                : variable != nullptr && *variable != '\0' ? fs::path(variable)
                                                           : default_home();
  common.stacks = expected.stacks;
  return common;
}

}  // namespace

std::string completion_lines(std::span<const std::string> words) {
  CLI::App app;
  Reading reading;
  define(app, reading);
  const Expected expected = expected_last(app, words);
  const CommonOptions common = common_of(app, expected);
  std::string lines;
  for (const auto& candidate : expected.words) lines += line_of(candidate);
  for (const auto& kind : expected.kinds) {
    const auto typed = std::string_view(words.back()).substr(expected.before.size());
    for (auto& name : live_names(kind, common, typed)) {
      if (!is_harmless(name.word) || !name.word.starts_with(typed)) continue;
      name.word.insert(0, expected.before);
      lines += line_of(name);
    }
    if (kind == "FILE" || kind == "SCENARIO") lines += ":files\n";
    if (kind == "DIR") lines += ":folders\n";
  }
  return lines;
}

Result<int> complete_command(std::span<const std::string> words) {
  return exit_after(print(completion_lines(words)));
}

}  // namespace unrig::cli
