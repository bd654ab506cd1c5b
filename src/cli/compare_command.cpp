#include "cli/compare_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.h"
#include "base/text.h"
#include "cli/earlier.h"
#include "cli/gates.h"
#include "cli/measure.h"
#include "cli/records.h"
#include "cli/report_command.h"
#include "cli/task.h"
#include "host/facts.h"
#include "report/audit_text.h"
#include "report/comparison_json.h"
#include "report/comparison_text.h"

namespace unrig::cli {
namespace {

using Specs = std::vector<stack::StackSpec>;

/// What a word of the command line names.
enum class Kind { stack, run };

std::string kind_text(Kind kind) {
  return kind == Kind::stack ? "a stack" : "a stored run";
}

/// A stack's name is a stack; anything else has to be a stored run. Error: usage, with did-you-mean
/// over both.
Result<Kind> kind_of(const std::string& word, const Specs& specs,
                     const std::vector<record::RunLine>& runs) {
  const std::string name = word.substr(0, word.find('@'));
  std::vector<std::string> known;
  for (const auto& spec : specs) {
    if (spec.name == name) return Kind::stack;
    known.push_back(spec.name);
  }
  for (const auto& line : runs) {
    if (line.run.starts_with(word) || word == "last") return Kind::run;
    known.push_back(line.run);
  }
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage,
              fmt::format("'{}' is neither a stack nor a stored run", printable(word)),
              near.empty() ? "unrig list stacks, unrig list runs"
                           : fmt::format("did you mean '{}'?", near));
}

Result<Kind> common_kind(const CompareOptions& options, const Specs& specs,
                         const record::Store& store) {
  const auto runs = store.list();
  if (!runs) return std::unexpected(runs.error());
  const auto a = kind_of(options.a, specs, *runs);
  if (!a) return a;
  const auto b = kind_of(options.b, specs, *runs);
  if (!b || *a == *b) return b;
  return fail(
      ErrorKind::usage,
      fmt::format("{} is {} and {} is {}: only two of a kind can be compared", printable(options.a),
                  kind_text(*a), printable(options.b), kind_text(*b)));
}

/// Prints what was measured of the first two cells, whatever ended the run.
Result<int> finish_comparison(const CommonOptions& common, const campaign::Measured& measured,
                              const RunOptions& options) {
  const record::Manifest& manifest = measured.run.manifest;
  analysis::Comparison comparison =
      analysis::compare(measured.run, manifest.cells[0].label, manifest.cells[1].label);
  add_earlier(common, measured.run, comparison);
  const std::string checks = options.audit ? "\n" + report::audit_text(manifest.cells) : "";
  const auto published =
      publish(common, report::comparison_json(comparison, manifest),
              report::comparison_text(comparison, manifest, look_of(common)) + checks);
  const bool reports = !options.no_report && !measured.run.trials.empty();
  const auto reported = reports ? write_report(common, manifest.run) : Result<>{};
  if (measured.error) return std::unexpected(*measured.error);
  if (!published) return std::unexpected(published.error());
  if (!reported) return std::unexpected(reported.error());
  if (measured.interrupted) return exit_code(ErrorKind::interrupted);
  if (!comparison.standing) return exit_code(ErrorKind::measurement);
  return exit_code_of(comparison.gates);
}

Result<int> compare_stacks(const CommonOptions& common, const CompareOptions& options,
                           const Specs& specs) {
  if (options.force) {
    return fail(ErrorKind::usage, "--force means nothing to two stacks: it is for stored runs",
                "leave --force out");
  }
  std::vector<std::string> names;
  for (const auto& word : {options.a, options.b}) {
    const auto selection = stack::select(specs, word, options.run.vintage);
    if (!selection) return std::unexpected(selection.error());
    names.push_back(selection->spec->name + "@" + selection->vintage);
  }
  RunOptions run = options.run;
  run.baseline = names[1];
  run.confirm = run.confirm.value_or(true);
  if (names[0] == names[1]) {
    names.pop_back();
    run.noise_floor = true;  // the baseline and its double are the two
  }
  run.stacks = names;
  const auto usable = host::usable_cores();
  auto task = read_task(common, run, usable);
  if (!task) return std::unexpected(task.error());
  if (auto writable = check_json_target(common); !writable) {
    return std::unexpected(writable.error());
  }
  tell_missing_calls(common);
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  if (auto tuned = find_workers(common, run, usable, *guard, *task); !tuned)
    return std::unexpected(tuned.error());
  if (auto matched = match_machine(common, run, usable, *guard, *task); !matched)
    return std::unexpected(matched.error());
  const auto measured = measure(common, *task, *guard);
  if (!measured) return std::unexpected(measured.error());
  return finish_comparison(common, *measured, run);
}

/// Error: usage, with the first thing in which scenario or host are not the same.
Result<> check_comparable(const std::vector<analysis::Difference>& differences,
                          const std::string& a, const std::string& b) {
  const auto first = std::find_if(differences.begin(), differences.end(),
                                  [](const auto& difference) { return difference.bars; });
  if (first == differences.end()) return {};
  return fail(ErrorKind::usage,
              fmt::format("the runs cannot be compared: {} is {} in {} and {} in {}", first->what,
                          first->a, a, first->b, b),
              "--force compares them all the same, and says so");
}

Result<int> compare_stored(const CommonOptions& common, const CompareOptions& options,
                           const record::Store& store) {
  if (!options.measuring.empty()) {
    return fail(ErrorKind::usage,
                fmt::format("{} means nothing to two stored runs: nothing is measured",
                            options.measuring.front()),
                fmt::format("leave {} out", options.measuring.front()));
  }
  const auto a = store.read(options.a);
  if (!a) return std::unexpected(a.error());
  const auto b = store.read(options.b);
  if (!b) return std::unexpected(b.error());
  const std::string& name_a = a->manifest.run;
  const std::string& name_b = b->manifest.run;
  if (name_a == name_b) {
    return fail(ErrorKind::usage, fmt::format("{} names the same run twice", name_a),
                "unrig list runs");
  }
  const auto comparison = analysis::compare_runs(*a, *b, options.run.margin);
  if (comparison.cells.empty()) {
    return fail(ErrorKind::usage, fmt::format("{} and {} have no stack in common", name_a, name_b),
                "unrig list runs");
  }
  if (!options.force) {
    if (auto same = check_comparable(comparison.differences, name_a, name_b); !same) {
      return std::unexpected(same.error());
    }
  }
  const auto document = report::comparison_json(comparison, name_a, name_b, options.run.margin);
  if (auto published = publish(
          common, document, report::comparison_text(comparison, name_a, name_b, look_of(common)));
      !published) {
    return std::unexpected(published.error());
  }
  const bool any_valid = std::any_of(comparison.cells.begin(), comparison.cells.end(),
                                     [](const auto& cell) { return cell.standing.has_value(); });
  return any_valid ? 0 : exit_code(ErrorKind::measurement);
}

Result<int> compare_urls(const CommonOptions& common, const CompareOptions& options) {
  if (auto writable = check_json_target(common); !writable) {
    return std::unexpected(writable.error());
  }
  const auto measured = measure_urls(common, options.run, options.load, options.a, options.b);
  if (!measured) return std::unexpected(measured.error());
  return finish_comparison(common, *measured, options.run);
}

}  // namespace

Result<int> compare_command(const CommonOptions& common, const CompareOptions& options) {
  if (options.urls) return compare_urls(common, options);
  const auto specs = known_stacks(common);
  if (!specs) return std::unexpected(specs.error());
  const auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto kind = common_kind(options, *specs, *store);
  if (!kind) return std::unexpected(kind.error());
  return *kind == Kind::stack ? compare_stacks(common, options, *specs)
                              : compare_stored(common, options, *store);
}

}  // namespace unrig::cli
