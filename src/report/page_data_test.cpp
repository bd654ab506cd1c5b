#include "report/page_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/deflate.h"
#include "report/page_times.h"
#include "report/testing.h"
#include "stats/hlog.h"

namespace unrig::report {
namespace {

using record::Json;

/// "a" serves twice as much as "b" in each of `blocks` blocks, and "c" something between.
record::Run run_of_three(int blocks) {
  record::Run run;
  run.manifest.run = "20261124-100000-0001";
  run.manifest.seed = 18'446'744'073'709'551'615U;
  run.manifest.command_line = {"/opt/bin/unrig", "run", "a", "--set", "db.delay=it's"};
  run.manifest.baseline = "b";
  run.manifest.blocks = blocks;
  for (const char* label : {"a", "b", "c"}) {
    run.manifest.cells.push_back({.stack = label, .hash = "h", .lock = "l", .label = label});
  }
  add_blocks(run, blocks, [](const record::Cell& cell) {
    record::Trial trial;
    trial.seed = 18'446'744'073'709'551'615U;
    trial.throughput_per_s = cell.label == "a" ? 2000.123456789 : cell.label == "b" ? 1000 : 1500;
    trial.cpu_us_per_request = {.proxy = 30, .app = cell.label == "a" ? 100 : 200};
    trial.statuses = {{200, 5}};
    trial.seconds = {{.completed = 7, .mean_response_us = 1.6}, {.completed = 8}};
    return trial;
  });
  int moved = 0;
  for (auto& trial : run.trials) trial.throughput_per_s *= 1 + 0.001 * (moved++ % 4);
  return run;
}

Json data_of(const record::Run& run) {
  const auto summary = analysis::summarize(run);
  const Reported reported{.run = &run, .summary = &summary};
  return page_data(std::span(&reported, 1)).at("runs").at(0);
}

TEST(TrialColumns, HoldEveryTrial) {
  const auto run = run_of_three(2);
  const Json json = trial_columns(run.trials);
  EXPECT_EQ(json.at("count"), 6);
  const Json& columns = json.at("columns");
  EXPECT_EQ(columns.at("label"), (Json{"a", "b", "c", "a", "b", "c"}));
  EXPECT_EQ(columns.at("block"), (Json{1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(columns.at("verdict.valid"), (Json{{"all", true}})) << "what is the same, once";
  EXPECT_EQ(columns.at("throughput_per_s").at(0), 2000.12) << "six digits";
  EXPECT_EQ(columns.at("seed").at("all"), "18446744073709551615") << "more than a double holds";
  EXPECT_EQ(columns.at("statuses").at("all"), (Json{{"200", 5}})) << "keys of its own";
  EXPECT_EQ(columns.at("seconds").at("all"), (Json{{7, 8}, {2, 0}}));
  EXPECT_FALSE(columns.contains("steps.completed"));
  EXPECT_TRUE(columns.contains("limiter.evidence"));
  EXPECT_FALSE(columns.contains("limiter.suspects"));
  EXPECT_TRUE(columns.at("db.queries").at("all").is_null());
}

TEST(TrialColumns, OfNothing) {
  EXPECT_EQ(trial_columns({}), (Json{{"count", 0}, {"columns", Json::object()}}));
}

TEST(RepeatCommand, IsTypedInAShellAndHasTheSeed) {
  record::Manifest manifest;
  EXPECT_EQ(repeat_command(manifest), "");
  manifest.command_line = {"/opt/bin/unrig", "run", "--set", "db.delay=it's"};
  manifest.seed = 7;
  EXPECT_EQ(repeat_command(manifest), "unrig run --set 'db.delay=it'\\''s' --seed 7");
  manifest.command_line.push_back("--seed=7");
  EXPECT_EQ(repeat_command(manifest), "unrig run --set 'db.delay=it'\\''s' --seed=7");
}

TEST(PageData, OffersEveryBaseline) {
  const Json data = data_of(run_of_three(4));
  EXPECT_EQ(data.at("ranked"), (Json{"a", "c", "b"}));
  ASSERT_EQ(data.at("pairs").size(), 3u);
  const Json& first = data.at("pairs").at(0);
  EXPECT_EQ(first.at("a"), 0);
  EXPECT_EQ(first.at("b"), 1);
  EXPECT_NEAR(first.at("ratio").at("estimate"), 4.0 / 3, 0.01);
  EXPECT_TRUE(first.at("ratio").at("low").is_number());
}

TEST(PageData, HasWhatTheRecordLacks) {
  const Json data = data_of(run_of_three(4));
  EXPECT_EQ(data.at("verdict"), "sure");
  EXPECT_EQ(data.at("robustness").at("stands"), true);
  EXPECT_GT(data.at("chances").at(0).at(0), 0.99);
  EXPECT_EQ(data.at("cpu").at(0).at("app"), 100);
  EXPECT_TRUE(data.at("cpu").at(0).at("pooler").is_null()) << "nobody could read it: not 0";
  EXPECT_EQ(data.at("record").at("seed"), "18446744073709551615");
  EXPECT_FALSE(data.at("record").contains("trials"));
  const auto packed = from_base64(data.at("trials").get<std::string>());
  ASSERT_TRUE(packed);
  EXPECT_EQ(Json::parse(*inflated(*packed, 1 << 20)).at("count"), 12);
}

TEST(PageData, OfARunWithoutValidTrials) {
  record::Run run = run_of_three(3);
  for (auto& trial : run.trials) trial.verdict.reject("wrong body");
  const Json data = data_of(run);
  EXPECT_EQ(data.at("verdict"), "invalid");
  EXPECT_TRUE(data.at("ranked").empty());
  EXPECT_TRUE(data.at("robustness").is_null());
  run.trials.clear();
  EXPECT_EQ(data_of(run).at("verdict"), "invalid");
}

TEST(PageData, NamesWhatTheMachineDoes) {
  record::Run run = run_of_three(3);
  run.manifest.host.virtualization = "kvm";
  run.manifest.host.cores = 2;
  run.manifest.host.settings = {{"cpu.governor", "powersave"}};
  run.trials[0].disturbance.steal = 0.125;
  const Json hazards = data_of(run).at("hazards");
  ASSERT_EQ(hazards.size(), 2u);
  EXPECT_THAT(hazards.at(0).get<std::string>(), testing::HasSubstr("up to 12.5 %"));
  EXPECT_THAT(hazards.at(1).get<std::string>(), testing::HasSubstr("powersave"));
}

std::string packed_of(std::int64_t value_ns) {
  stats::Histogram histogram;
  histogram.record(Duration(value_ns), 2);
  return stats::pack_histogram(histogram);
}

TEST(PageTimes, MergeTheTrialsOfACell) {
  PageTimes times;
  ASSERT_TRUE(times.add("a", {packed_of(1000), packed_of(500), packed_of(1)}));
  ASSERT_TRUE(times.add("a", {packed_of(2000), packed_of(500), packed_of(1)}));
  ASSERT_TRUE(times.add("b", {packed_of(9), packed_of(9), packed_of(9)}));
  const auto packed = times.packed();
  ASSERT_EQ(packed.size(), 2u);
  const auto response = stats::unpack_histogram(packed.at("a").response);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->count(), 4u);
  EXPECT_EQ(response->max(), Duration(2000));
  EXPECT_EQ(stats::unpack_histogram(packed.at("a").service)->count(), 4u);
  EXPECT_FALSE(times.add("a", {"damaged", packed_of(1), packed_of(1)}));
}

}  // namespace
}  // namespace unrig::report
