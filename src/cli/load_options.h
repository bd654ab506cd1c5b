/// \file
/// The options of `unrig load` as plain data, every default stated.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/gate.h"
#include "base/result.h"
#include "cli/histogram_files.h"
#include "load/load.h"
#include "load/url.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace unrig::cli {

struct LoadOptions {
  std::string url;
  int clients = 64;  ///< with a rate: the most connections
  Duration duration = std::chrono::seconds(10);
  Duration warmup{0};
  Duration timeout = std::chrono::seconds(10);
  std::optional<arrivals::Rates> rate;  ///< none: a closed loop
  load::ArrivalProcess arrivals = load::ArrivalProcess::constant;
  Duration think_time{0};
  load::ThinkTime think = load::ThinkTime::constant;
  int threads = 1;
  int source_addresses = 0;  ///< 0: as many as needed
  bool no_keep_alive = false;
  std::string method = "GET";
  std::vector<std::string> headers;
  std::filesystem::path body, expect_body;
  load::Expectation expect;
  std::optional<std::uint64_t> seed;
  std::vector<analysis::Gate> gates;  ///< that the result has to keep
  HistogramFiles files;
  load::Backend backend = load::Backend::automatic;
  load::Pacing pacing = load::Pacing::hybrid;
  bool insecure = false;
  std::filesystem::path cacert;  ///< empty: the authorities that the machine trusts
};

/// Adds what describes the load itself, for every command that puts load on a URL; `load` must
/// outlive the parsing.
void add_load_settings(CLI::App* sub, LoadOptions& load);

/// Adds the subcommand; `load` must outlive the parsing.
void add_load(CLI::App& app, LoadOptions& load);

inline constexpr Limits<Duration> warmup_limits{Duration{0}, std::chrono::hours(24)};
/// Adds the lengths of warm-up and measurement, which every command that measures has; both must
/// outlive the parsing. `duration_name`: what the option is called, "-d,--duration".
void add_phases(CLI::App* sub, const std::string& duration_name, Duration& warmup,
                Duration& duration);
/// Adds `--expect-status`, `--expect-length` and `--expect-json`, which it gives back: what may not
/// stand beside the last two can be said.
struct ExpectationOptions {
  CLI::Option* length;
  CLI::Option* json;
};
ExpectationOptions add_expectation(CLI::App* sub, load::Expectation& expect);
/// Adds `--hgrm` and `--hlog`.
void add_histogram_files(CLI::App* sub, HistogramFiles& files);
/// Adds `--seed`.
void add_seed(CLI::App* sub, std::optional<std::uint64_t>& seed, const std::string& help);

/// What the files have that the options name.
struct LoadInputs {
  std::string body;
  std::optional<std::string> expected_body;
};
/// Reads each of them once: a pipe gives its bytes a single time. Error: usage.
[[nodiscard]] Result<LoadInputs> read_inputs(const LoadOptions& options);

/// Address, request and loop, with the host looked up. Error: usage.
[[nodiscard]] Result<load::Plan> plan_of(const LoadOptions& options, const LoadInputs& inputs);
/// The same, with the files read.
[[nodiscard]] Result<load::Plan> plan_of(const LoadOptions& options);

}  // namespace unrig::cli
