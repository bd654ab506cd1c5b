// What ten thousand trials take on the disk.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "record/store.h"
#include "record/testing.h"
#include "stats/hlog.h"

namespace unrig::record {
namespace {

namespace fs = std::filesystem;

/// 35,000 requests, as the fastest stacks of the article answer in a window of 5 s, around
/// `middle`.
std::string times_around(Duration middle, double spread, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> factor(0, spread);
  stats::Histogram times;
  for (int i = 0; i < 35'000; ++i) {
    times.record(Duration(std::llround(static_cast<double>(middle.count()) * factor(random))));
  }
  return stats::pack_histogram(times);
}

TEST(StoreSize, TenThousandTrialsTakeLessThan100Megabytes) {
  using namespace std::chrono_literals;
  constexpr std::uint64_t trials = 200;
  std::string name = (fs::temp_directory_path() / "unrig-size-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  make_store_of_format_1(folder / "earlier.db");
  const record::Run real =
      Store::open_to_read(folder / "earlier.db")->read("20261127-023507").value();
  std::vector<Histograms> measured;
  for (std::uint64_t seed = 0; seed < 12; seed += 3) {
    measured.push_back({.response = times_around(25ms, 0.3, seed),
                        .service = times_around(24ms, 0.3, seed + 1),
                        .issue_delay = times_around(30us, 0.5, seed + 2)});
  }
  const fs::path file = folder / "unrig.db";
  auto store = Store::open(file);
  ASSERT_TRUE(store && store->add_run(real.manifest));
  const auto before = fs::file_size(file);
  for (std::uint64_t i = 0; i < trials; ++i) {
    Trial trial = real.trials[i % real.trials.size()];
    trial.histograms = measured[i % measured.size()];
    ASSERT_TRUE(store->add_trial(real.manifest.run, trial));
  }
  const auto each = (fs::file_size(file) - before) / trials;
  RecordProperty("bytes_per_trial", std::to_string(each));
  EXPECT_LT(each * 10'000, 100'000'000U) << each << " bytes per trial";
  fs::remove_all(folder);
}

}  // namespace
}  // namespace unrig::record
