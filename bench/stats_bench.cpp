// What the statistics cost: the histogram on the measuring path, and the comparison of all stacks
// at the end of a run.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "base/random.h"
#include "stats/histogram.h"
#include "stats/neighbours.h"
#include "stats/pairs.h"

namespace unrig::stats {
namespace {

void histogram_record(benchmark::State& state) {
  RandomStream random(1, "bench");
  // Lognormal around 1 ms, as response times are; a power of two of them, so that going round is
  // cheap.
  std::vector<Duration> values(1 << 14);
  for (Duration& value : values) value = from_seconds(1e-3 * std::exp(0.5 * random.normal()));
  Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) {
    histogram.record(values[i++ & (values.size() - 1)]);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogram_record);

void histogram_merge(benchmark::State& state) {
  Histogram into;
  Histogram from;
  from.record(Duration(1'000'000));
  for (auto _ : state) {
    into.merge(from);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogram_merge);

/// 21 stacks, 30 blocks; where `gaps`, a third of the stacks left after 15.
BlockTable article_sized(bool gaps) {
  RandomStream random(2, "bench");
  BlockTable table(21, 30);
  for (std::size_t block = 0; block < 30; ++block) {
    for (std::size_t stack = 0; stack < 21; ++stack) {
      const double value = std::exp(0.01 * static_cast<double>(stack) + 0.03 * random.normal());
      if (!gaps || stack % 3 != 0 || block < 15) table.set(block, stack, value);
    }
  }
  return table;
}

/// All pairs, with 10,000 resamples, their ranks and groups, and one interval.
void statistics_of_a_run(benchmark::State& state) {
  const BlockTable table = article_sized(state.range(0) != 0);
  for (auto _ : state) {
    RandomStream random(3, "bench");
    const std::vector<Pair> pairs = compare_pairs(table, random);
    benchmark::DoNotOptimize(rank_sets(table.stacks(), pairs));
    benchmark::DoNotOptimize(likeness(table, random));
    benchmark::DoNotOptimize(block_ratio_interval(table.log_differences(1, 2), {}));
  }
}
BENCHMARK(statistics_of_a_run)->ArgName("gaps")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// Everything between the last trial and the table: also the ratios of throughput and latencies
/// and of sessions.
void summary_of_a_run(benchmark::State& state) {
  const BlockTable table = article_sized(state.range(0) != 0);
  RandomStream random(4, "bench");
  record::Run run;
  run.manifest.blocks = 30;
  run.manifest.baseline = "0";
  for (std::size_t stack = 0; stack < table.stacks(); ++stack) {
    run.manifest.cells.push_back({.label = std::to_string(stack)});
    for (std::size_t block = 0; block < table.blocks(); ++block) {
      if (!table.log_at(block, stack)) continue;
      record::Trial trial;
      trial.label = std::to_string(stack);
      trial.block = static_cast<int>(block) + 1;
      trial.throughput_per_s = std::exp(*table.log_at(block, stack));
      trial.response_us = {.p50 = 1e5 / trial.throughput_per_s,
                           .p99 = 1e5 * (1 + random.uniform())};
      trial.db.sessions_max = 80 + static_cast<int>(random.below(20));
      run.trials.push_back(std::move(trial));
    }
  }
  for (auto _ : state) benchmark::DoNotOptimize(analysis::summarize(run));
}
BENCHMARK(summary_of_a_run)->ArgName("gaps")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace unrig::stats

BENCHMARK_MAIN();
