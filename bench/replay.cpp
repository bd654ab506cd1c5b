// How many trials `--blocks auto` takes beside equal repetition of every stack, to the same
// precision. Replayed from the trials of a real run: each replay draws the run's own blocks, whole
// and with replacement, and asks the very rule of `unrig run` what to do next. Equal repetition
// goes on with all stacks until the last of them is precise: as many blocks as the rule took.
//
//   replay RUN.json    a record unrig.run/1, or what bench/trim_run.py leaves of one
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "experiment/schedule.h"
#include "record/json.h"
#include "stats/blocks.h"
#include "stats/interval.h"

namespace unrig {
namespace {

using record::Json;

/// Fewer blocks than this say little about how noisy a stack is.
constexpr std::size_t blocks_wanted = 10;

struct Source {
  std::string description;
  std::vector<std::string> labels;
  std::size_t baseline = 0;
  /// Logarithms by block and stack, only of blocks in which every stack has a valid trial.
  std::vector<std::vector<double>> blocks;

  [[nodiscard]] std::vector<double> of(std::size_t stack) const {
    std::vector<double> logs;
    for (const auto& block : blocks) logs.push_back(block[stack]);
    return logs;
  }
};

Source read_source(const std::string& path) {
  const auto text = read_file(path);
  if (!text) throw std::runtime_error(text.error().what);
  const Json json = Json::parse(*text);
  Source source;
  source.description = fmt::format("{}, {}, {} cores", json.at("run").get<std::string>(),
                                   json.at("scenario").at("name").get<std::string>(),
                                   json.at("host").at("cores").get<int>());
  std::map<int, std::map<std::string, double>> by_block;
  std::map<std::string, int> valid;
  for (const Json& trial : json.at("trials")) {
    if (!trial.at("verdict").at("valid") || trial.at("purpose") == "confirmation") continue;
    const std::string label = trial.at("label");
    by_block[trial.at("block")][label] = std::log(trial.at("throughput_per_s").get<double>());
    ++valid[label];
  }
  for (const auto& [label, trials] : valid) {
    if (label == json.at("baseline")) source.baseline = source.labels.size();
    source.labels.push_back(label);
  }
  for (const auto& [number, logs] : by_block) {
    if (logs.size() < source.labels.size()) continue;
    auto& block = source.blocks.emplace_back();
    for (const auto& [label, value] : logs) block.push_back(value);
  }
  return source;
}

/// Blocks drawn from a finite set vary less than what the set was drawn from, by (n - 1) / n: the
/// deviations of each stack are stretched by the root of that.
void stretch(Source& source) {
  const auto n = static_cast<double>(source.blocks.size());
  for (std::size_t stack = 0; stack < source.labels.size(); ++stack) {
    const double middle = stats::mean(source.of(stack));
    for (auto& block : source.blocks) {
      block[stack] = middle + (block[stack] - middle) * std::sqrt(n / (n - 1));
    }
  }
}

struct Replay {
  double blocks = 0, trials = 0, equal_trials = 0;
  bool reached = true;  ///< the precision, before the limit of blocks
  [[nodiscard]] double share() const { return trials / equal_trials; }
};

Replay replay(const Source& source, const experiment::Rule& rule, RandomStream& random) {
  record::Run run;
  run.manifest.seed = random();
  run.manifest.baseline = source.labels[source.baseline];
  for (const auto& label : source.labels) run.manifest.cells.push_back({.label = label});
  int last = 0;
  while (const auto block = experiment::next_block(run, rule)) {
    last = block->number;
    const auto& drawn = source.blocks[random.below(source.blocks.size())];
    for (const std::size_t cell : block->cells) {
      record::Trial trial;
      trial.label = source.labels[cell];
      trial.block = block->number;
      trial.throughput_per_s = std::exp(drawn[cell]);
      run.trials.push_back(std::move(trial));
    }
  }
  return {.blocks = static_cast<double>(last),
          .trials = static_cast<double>(run.trials.size()),
          .equal_trials = static_cast<double>(last) * static_cast<double>(source.labels.size()),
          .reached = last < rule.blocks_limit};
}

/// "mean (5 % … 95 %)" of one figure over the replays.
template <class Figure>
std::string spread(const std::vector<Replay>& replays, int digits, Figure figure) {
  std::vector<double> values;
  for (const auto& one : replays) values.push_back(std::invoke(figure, one));
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return fmt::format("{:8.{}f}  ({:.{}f} … {:.{}f})", stats::mean(values), digits, at(0.05), digits,
                     at(0.95), digits);
}

void print_source(const Source& source) {
  std::vector<double> noise;
  for (std::size_t stack = 0; stack < source.labels.size(); ++stack) {
    if (stack == source.baseline) continue;
    std::vector<double> differences;
    for (const auto& block : source.blocks) {
      differences.push_back(block[stack] - block[source.baseline]);
    }
    noise.push_back(100 * stats::standard_deviation(differences));
  }
  std::sort(noise.begin(), noise.end());
  fmt::print("run {}: {} stacks, {} complete blocks\n", source.description, source.labels.size(),
             source.blocks.size());
  fmt::print("noise of one block's ratio to {}: {:.1f} % to {:.1f} %, median {:.1f} %\n",
             source.labels[source.baseline], noise.front(), noise.back(), noise[noise.size() / 2]);
  if (source.blocks.size() < blocks_wanted) {
    fmt::print("only {} blocks: how noisy each stack is, is a guess\n", source.blocks.size());
  }
}

int run_all(const std::string& path, double precision, int count, std::uint64_t seed) {
  Source source = read_source(path);
  if (source.blocks.size() < stats::interval_values_min || source.labels.size() < 2) {
    throw std::runtime_error("it takes two stacks and three blocks in which all have valid trials");
  }
  print_source(source);
  stretch(source);
  const experiment::Rule rule{.blocks = 0, .precision = precision, .confirmation_blocks = 0};
  RandomStream random(seed, "replay");
  std::vector<Replay> replays;
  for (int i = 0; i < count; ++i) replays.push_back(replay(source, rule, random));
  const auto cut =
      std::count_if(replays.begin(), replays.end(), [](const Replay& one) { return !one.reached; });
  fmt::print("precision {:g} %, {} replays, seed {}: mean (5 % … 95 % of the replays)\n",
             100 * precision, count, seed);
  fmt::print("  blocks                    {}\n",
             spread(replays, 0, [](const Replay& one) { return one.blocks; }));
  fmt::print("  trials, equal repetition  {}\n",
             spread(replays, 0, [](const Replay& one) { return one.equal_trials; }));
  fmt::print("  trials, --blocks auto     {}\n",
             spread(replays, 0, [](const Replay& one) { return one.trials; }));
  fmt::print("  share                     {}\n", spread(replays, 2, &Replay::share));
  fmt::print("  ended by the limit of {} blocks: {} of {}\n", rule.blocks_limit, cut, count);
  return 0;
}

}  // namespace
}  // namespace unrig

int main(int argc, char** argv) {
  CLI::App app{"Trials of --blocks auto beside equal repetition, replayed from a run."};
  std::string path;
  double precision = 0.02;
  int replays = 200;
  std::uint64_t seed = 1;
  app.add_option("RUN", path, "a record unrig.run/1")->required();
  app.add_option("--precision", precision, "relative half-width to reach")
      ->check(CLI::Range(1e-4, 1.0))
      ->capture_default_str();
  app.add_option("--replays", replays)->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--seed", seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return unrig::run_all(path, precision, replays, seed);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", path, error.what());
    return 2;
  }
}
