// How often the intervals of a run hold what they are about: whole runs are made up, with noise
// whose truth is known, and go through the analysis that real ones go through.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "analysis/ratios.h"
#include "analysis/summary.h"
#include "base/random.h"
#include "experiment/schedule.h"

namespace unrig {
namespace {

/// How trials are made up. Logarithms of the throughput, `noise` being their standard deviation.
struct Setting {
  std::string name;
  std::size_t stacks = 2;
  int blocks = 10;
  double noise = 0.05;
  double correlation = 0;   ///< of a cell's trial with its next one
  double block_effect = 0;  ///< standard deviation of what a block does to all
  double drift = 0;         ///< of all, per block
  double missing = 0;       ///< share of trials that do not count
  double unequal = 1;       ///< how much noisier each stack is than the one before it, at most 8
  bool skewed = false;      ///< trials are slow by an exponential law
  double rate = 0;          ///< requests/s of all, counted in windows of 5 s; 0: no counting
  bool equal = true;        ///< else each stack is 10 % faster than the one before it
};

class Noise {
 public:
  Noise(const Setting& setting, RandomStream& random) : setting_(setting), random_(random) {}
  /// Mean 0, standard deviation 1.
  double next() {
    const double fresh = setting_.skewed ? 1 - random_.exponential(1) : random_.normal();
    const double rho = setting_.correlation;
    last_ = first_ ? fresh : rho * last_ + std::sqrt(1 - rho * rho) * fresh;
    first_ = false;
    return last_;
  }

 private:
  const Setting& setting_;
  RandomStream& random_;
  double last_ = 0;
  bool first_ = true;
};

double truth_of(const Setting& setting, std::size_t stack) {
  return setting.equal ? 0 : 0.1 * static_cast<double>(stack);
}

/// Sessions as a pooler shows them: whole ones with a ceiling of 100.
int sessions_of(double mean, RandomStream& random) {
  return std::clamp(static_cast<int>(std::lround(mean + 4 * random.normal())), 1, 100);
}

constexpr double window_seconds = 5;

/// Whole requests of a server that answers one after the other, from a random moment on.
double counted(double rate, RandomStream& random) {
  return std::floor(rate * window_seconds + random.uniform()) / window_seconds;
}

record::Trial trial_of(const Setting& setting, std::size_t stack, int block, double log,
                       RandomStream& random) {
  record::Trial trial;
  trial.label = std::to_string(stack);
  trial.block = block;
  const double rate = (setting.rate > 0 ? setting.rate : 1000) * std::exp(log);
  trial.throughput_per_s = setting.rate > 0 ? counted(rate, random) : rate;
  trial.window_seconds = setting.rate > 0 ? window_seconds : 0;
  trial.response_us = {.p50 = 1e5 / rate, .p99 = 2e5 / rate};
  trial.db.sessions_max = sessions_of(stack == 0 ? 20 : 97, random);
  if (random.uniform() < setting.missing) trial.verdict.reject("missing");
  return trial;
}

record::Run made_up(const Setting& setting, RandomStream& random, const std::string& name = "run") {
  record::Run run;
  run.manifest.run = name;
  run.manifest.blocks = setting.blocks;
  run.manifest.baseline = "0";
  run.manifest.seed = random();
  std::vector<Noise> noises;
  for (std::size_t stack = 0; stack < setting.stacks; ++stack) {
    run.manifest.cells.push_back({.stack = std::to_string(stack), .label = std::to_string(stack)});
    noises.emplace_back(setting, random);
  }
  for (int block = 1; block <= setting.blocks; ++block) {
    const double common = setting.block_effect * random.normal() + setting.drift * block;
    double scale = setting.noise;
    for (std::size_t stack = 0; stack < setting.stacks; ++stack) {
      const double log = truth_of(setting, stack) + common + scale * noises[stack].next();
      run.trials.push_back(trial_of(setting, stack, block, log, random));
      scale = std::min(scale * setting.unequal, 8 * setting.noise);
    }
  }
  return run;
}

/// What is asked of each run.
struct Tally {
  int runs = 0;
  int held = 0;
  int without = 0;  ///< no interval
  int found = 0;    ///< likeness of neighbours
  double width = 0;

  void add(const stats::Estimate& ratio, double truth) {
    ++runs;
    if (!ratio.low) {
      ++without;
      return;
    }
    held += *ratio.low <= truth && truth <= *ratio.high ? 1 : 0;
    width += std::log(*ratio.high / *ratio.low) / 2;
  }
};

void print(const std::string& name, const Tally& tally) {
  const int with = tally.runs - tally.without;
  const double share = with == 0 ? 0 : 100.0 * tally.held / with;
  const double error = with == 0 ? 0 : 100 * std::sqrt(share / 100 * (1 - share / 100) / with);
  fmt::print("{:<58} {:>5.1f} %  +-{:.1f}  {:>6}  {:>7.1f} %  {:>5.1f} %\n", name, share, error,
             tally.runs, 100 * tally.width / std::max(with, 1),
             100.0 * tally.found / std::max(tally.runs, 1));
  std::fflush(stdout);
}

double exp_truth(const Setting& setting, std::size_t stack) {
  return std::exp(truth_of(setting, stack) - truth_of(setting, 0));
}

/// The ratio of the second stack to the baseline, by itself.
void single(const Setting& setting, int runs, std::uint64_t seed) {
  RandomStream random(seed, setting.name);
  Tally tally;
  for (int i = 0; i < runs; ++i) {
    const auto summary = analysis::summarize(made_up(setting, random));
    tally.found += summary.likeness && summary.likeness->found ? 1 : 0;
    for (const auto& row : summary.rows) {
      if (row.cell.label == "1") tally.add(row.ratio, exp_truth(setting, 1));
    }
  }
  print(setting.name, tally);
}

/// The fastest two, by the fresh blocks that the run goes on with until they are precise.
void fresh(const Setting& setting, int runs, std::uint64_t seed) {
  RandomStream random(seed, setting.name);
  const experiment::Rule rule{.blocks = setting.blocks};
  Tally tally;
  for (int i = 0; i < runs; ++i) {
    record::Run run = made_up(setting, random);
    run.manifest.confirmation_blocks = rule.confirmation_blocks;
    Noise noise(setting, random);
    std::vector<std::size_t> pair;
    while (const auto block = experiment::next_block(run, rule)) {
      pair = block->cells;
      for (const std::size_t stack : pair) {
        const double log = truth_of(setting, stack) + setting.noise * noise.next();
        run.trials.push_back(trial_of(setting, stack, block->number, log, random));
        run.trials.back().purpose = block->purpose;
      }
    }
    const analysis::Ratios ratios(run, analysis::throughput, analysis::Blocks::fresh);
    tally.add(ratios.of(pair[0], pair[1]),
              std::exp(truth_of(setting, pair[0]) - truth_of(setting, pair[1])));
  }
  print(setting.name, tally);
}

/// All rows of a table at once.
void together(const Setting& setting, int runs, std::uint64_t seed) {
  RandomStream random(seed, setting.name);
  Tally tally, alone;
  for (int i = 0; i < runs; ++i) {
    const auto summary = analysis::summarize(made_up(setting, random));
    bool held = true;
    bool alone_held = true;
    double width = 0;
    for (const auto& row : summary.rows) {
      if (row.cell.label == "0") continue;
      const double truth = exp_truth(setting, static_cast<std::size_t>(std::stoi(row.cell.label)));
      const auto holds = [&](const stats::Estimate& ratio) {
        return !ratio.low || (*ratio.low <= truth && truth <= *ratio.high);
      };
      held &= holds(row.ratio_together);
      alone_held &= holds(row.ratio);
      if (row.ratio_together.low) {
        width += std::log(*row.ratio_together.high / *row.ratio_together.low) / 2;
      }
    }
    ++tally.runs;
    ++alone.runs;
    tally.held += held ? 1 : 0;
    alone.held += alone_held ? 1 : 0;
    tally.width += width / static_cast<double>(setting.stacks - 1);
    tally.found += summary.likeness && summary.likeness->found ? 1 : 0;
  }
  print(setting.name, tally);
  print("  the same, had each row its own interval", alone);
}

/// Two runs stack by stack.
void of_runs(const Setting& setting, int runs, std::uint64_t seed) {
  RandomStream random(seed, setting.name);
  Tally tally;
  for (int i = 0; i < runs; ++i) {
    const auto found =
        analysis::compare_runs(made_up(setting, random, "A"), made_up(setting, random, "B"), 0.02);
    bool held = true;
    for (const auto& cell : found.cells) {
      const auto& ratio = cell.ratio_together;
      held &= !ratio.low || (*ratio.low <= 1 && 1 <= *ratio.high);
      if (ratio.low) {
        tally.width += std::log(*ratio.high / *ratio.low) / 2 / static_cast<double>(setting.stacks);
      }
    }
    ++tally.runs;
    tally.held += held ? 1 : 0;
  }
  print(setting.name, tally);
}

/// #DB of the second stack over the baseline's.
void sessions(const Setting& setting, int runs, std::uint64_t seed) {
  RandomStream random(seed, setting.name);
  // The mean of what sessions_of() makes, by far more draws than any run has.
  double means[2] = {0, 0};
  constexpr int draws = 2'000'000;
  for (int i = 0; i < draws; ++i) {
    means[0] += sessions_of(20, random);
    means[1] += sessions_of(97, random);
  }
  Tally tally;
  for (int i = 0; i < runs; ++i) {
    const auto summary = analysis::summarize(made_up(setting, random));
    for (const auto& row : summary.rows) {
      if (row.cell.label == "1") tally.add(row.sessions_ratio, means[1] / means[0]);
    }
  }
  print(setting.name, tally);
}

void singles(int runs, std::uint64_t seed) {
  for (const double noise : {0.02, 0.05, 0.10, 0.30}) {
    single({.name = fmt::format("noise {:.0f} %, 10 blocks", 100 * noise), .noise = noise}, runs,
           seed);
  }
  single({.name = "noise 5 %, 3 blocks", .blocks = 3}, runs, seed);
  single({.name = "blocks differ by 20 %, 10 blocks", .block_effect = 0.2}, runs, seed);
  single({.name = "all drift by 3 % a block, 10 blocks", .drift = 0.03}, runs, seed);
  single({.name = "a fifth of the trials missing, 12 blocks", .blocks = 12, .missing = 0.2}, runs,
         seed);
  single({.name = "one stack 4 times as noisy, 10 blocks", .unequal = 4}, runs, seed);
  for (const int blocks : {3, 5, 8, 10, 20, 30}) {
    single({.name = fmt::format("slow trials by an exponential law, {} blocks", blocks),
            .blocks = blocks,
            .unequal = 4,
            .skewed = true},
           runs, seed);
  }
  for (const double correlation : {0.3, 0.7}) {
    for (const std::size_t stacks : {2, 4, 21}) {
      for (const int blocks : {3, 10, 20, 30}) {
        const int fewer = stacks == 21 ? std::max(runs / 20, 50) : runs / 2;
        single({.name = fmt::format("neighbours alike (AR(1) {}), {} stacks, {} blocks",
                                    correlation, stacks, blocks),
                .stacks = stacks,
                .blocks = blocks,
                .correlation = correlation},
               fewer, seed);
      }
    }
  }
  for (const double rate : {2.0, 10.0, 10.3, 40.0}) {
    single({.name = fmt::format("{} requests/s for 5 s, hardly any noise, 5 blocks", rate),
            .blocks = 5,
            .noise = 0.001,
            .rate = rate},
           runs, seed);
  }
  single({.name = "10 requests/s for 5 s, noise 3 %, 10 blocks", .noise = 0.03, .rate = 10}, runs,
         seed);
}

int run(int argc, char** argv) {
  CLI::App app("How often intervals hold the truth, by runs that are made up");
  int runs = 4000;
  std::uint64_t seed = 1;
  app.add_option("--runs", runs, "made up for each line; fewer where a run has many stacks");
  app.add_option("--seed", seed, "the same seed gives the same table");
  CLI11_PARSE(app, argc, argv);
  fmt::print("{:<58} {:>7}  {:>5}  {:>6}  {:>9}  {:>7}\n", "", "holds", "", "runs", "half-width",
             "alike");
  singles(runs, seed);
  for (const double noise : {0.02, 0.10}) {
    for (const bool skewed : {false, true}) {
      fresh({.name = fmt::format("fresh blocks until precise, {}noise {:.0f} %",
                                 skewed ? "lopsided " : "", 100 * noise),
             .stacks = 4,
             .blocks = 3,
             .noise = noise,
             .skewed = skewed,
             .equal = false},
            runs, seed);
    }
  }
  for (const int blocks : {10, 12}) {
    sessions({.name = fmt::format("#DB beside a ceiling, {} blocks", blocks), .blocks = blocks},
             runs, seed);
  }
  for (const std::size_t rows : {3, 21}) {
    for (const int blocks : {3, 10}) {
      together({.name = fmt::format("{} rows beside a baseline, {} blocks", rows, blocks),
                .stacks = rows + 1,
                .blocks = blocks,
                .equal = false},
               rows == 21 && blocks == 10 ? runs / 10 : runs / 2, seed);
    }
  }
  for (const std::size_t stacks : {3, 21}) {
    of_runs({.name = fmt::format("two runs of {} stacks, 5 blocks each", stacks),
             .stacks = stacks,
             .blocks = 5},
            runs / 4, seed);
  }
  return 0;
}

}  // namespace
}  // namespace unrig

int main(int argc, char** argv) {
  return unrig::run(argc, argv);
}
