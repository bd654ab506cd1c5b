#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "report/comparison_json.h"
#include "report/comparison_text.h"
#include "report/testing.h"

namespace unrig::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

record::Run small_run(const std::string& name) {
  record::Run run;
  run.manifest.run = name;
  run.manifest.blocks = 3;
  run.manifest.baseline = "b";
  for (const char* stack : {"a", "b"}) {
    run.manifest.cells.push_back({.stack = stack, .vintage = "2026", .label = stack});
  }
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.throughput_per_s = cell.label == "a" ? 1200 : 600;
    trial.response_us = {.p50 = 45'000, .p99 = 90'000};
    trial.db.sessions_max = 10;
    trial.limiter.name = cell.label == "a" ? "cpu" : "workers";
    return trial;
  });
  return run;
}

TEST(ComparisonText, OfUrlsHasNoColumnThatNobodySees) {
  record::Run run = small_run("20261124-100000-0001");
  const auto stacks = comparison_text(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_THAT(stacks, HasSubstr("\nStack  "));
  EXPECT_THAT(stacks, HasSubstr("  #DB  "));
  for (auto& cell : run.manifest.cells) cell.stack = "http://127.0.0.1/" + cell.stack;
  for (auto& trial : run.trials) trial.db = {};
  const auto urls = comparison_text(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_THAT(urls, HasSubstr("\nURL  "));
  EXPECT_THAT(urls, Not(HasSubstr("#DB")));
  EXPECT_THAT(urls, HasSubstr("\na     1200             45.0             90.0  cpu      valid\n"));
}

/// Both put to the test: a follows its CPU time, b its workers.
record::Run confirmed_run() {
  record::Run run = small_run("20261124-100000-0001");
  const auto add = [&](const std::string& of, const std::string& suspect, const std::string& knob,
                       double from, double to) {
    run.manifest.perturbations.push_back({.of = of,
                                          .suspect = suspect,
                                          .label = of + " changed",
                                          .knob = knob,
                                          .value = "1",
                                          .from = from,
                                          .to = to,
                                          .not_checked = {}});
  };
  add("a", "cpu", "machine.cpu", 2, 1.6);
  add("b", "workers", "workers.sync", 8, 10);
  run.manifest.perturbations.push_back(
      {.of = "b", .suspect = "load generator", .not_checked = "which has no knob"});
  const std::map<std::string, double> speeds{
      {"a", 1200}, {"a changed", 960}, {"b", 600}, {"b changed", 750}};
  for (int block = 4; block <= 8; ++block) {
    for (const auto& [label, speed] : speeds) {
      record::Trial trial{.label = label, .purpose = record::Purpose::perturbation, .block = block};
      trial.throughput_per_s = speed;
      trial.window_seconds = 1e6;
      run.trials.push_back(std::move(trial));
    }
  }
  return run;
}

TEST(ComparisonText, SaysWhatPuttingTheLimitersToTheTestHasShown) {
  const record::Run run = confirmed_run();
  const auto found = analysis::compare(run, "a", "b");
  EXPECT_THAT(found.sentence, HasSubstr("b is limited by its workers (elasticity 1.00 [1.00, 1.00])"
                                        ": with roughly 2.0 times as many (16 instead of 8) the "
                                        "two would be equal"));
  const auto text = comparison_text(found, run.manifest);
  EXPECT_THAT(
      text, HasSubstr("\nLimiters put to the test:\n"
                      "  a: cpu, by machine.cpu 2 -> 1.6: elasticity 1.00 [1.00, 1.00], confirmed\n"
                      "  b: workers, by workers 8 -> 10: elasticity 1.00 [1.00, 1.00], confirmed\n"
                      "  b: load generator: not checked: which has no knob\n"));
}

TEST(ComparisonJson, OfUnlikeConfirmedLimitersDependsOnTheSettings) {
  const record::Run run = confirmed_run();
  const auto json = comparison_json(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_EQ(json.at("verdict"), "configuration-dependent");
  EXPECT_EQ(json.at("standing"), "faster");
  const auto& tests = json.at("limiter").at("b").at("elasticities");
  ASSERT_EQ(tests.size(), 2U);
  EXPECT_EQ(tests[0].at("knob"), "workers.sync");
  EXPECT_EQ(tests[0].at("verdict"), "confirmed");
  EXPECT_NEAR(tests[0].at("elasticity").at("estimate").get<double>(), 1, 1e-6);
  EXPECT_EQ(tests[1].at("verdict"), "not checked");
  EXPECT_TRUE(tests[1].at("from").is_null());
  EXPECT_TRUE(tests[1].at("elasticity").at("estimate").is_null());
  EXPECT_EQ(tests[1].at("not_checked"), "which has no knob");
  const record::Run rules_alone = small_run("20261124-100000-0001");
  EXPECT_EQ(comparison_json(analysis::compare(rules_alone, "a", "b"), run.manifest).at("verdict"),
            "faster")
      << "a rule confirms nothing";
}

/// One stack whose trials are twice as fast where `fast` has a 1.
record::Run alternating(const std::string& name, const std::string& fast) {
  record::Run run;
  run.manifest.run = name;
  run.manifest.blocks = static_cast<int>(fast.size());
  run.manifest.baseline = "a";
  run.manifest.cells.push_back({.stack = "a", .vintage = "2026", .label = "a"});
  add_blocks(run, run.manifest.blocks, [next = fast.begin()](const record::Cell&) mutable {
    record::Trial trial;
    trial.throughput_per_s = *next++ == '1' ? 1200 : 600;
    return trial;
  });
  return run;
}

TEST(ComparisonOfRuns, SaysWhatTrialsOfOneRunHaveInCommon) {
  const auto text = [](const std::string& fast) {
    const record::Run a = alternating("A", fast);
    return comparison_text(analysis::compare_runs(a, alternating("B", "0101101001"), 0.02), "A",
                           "B");
  };
  EXPECT_THAT(text("0001111000011110"),
              HasSubstr("Trials of one run resemble the ones before them, with this correlation, "
                        "and the interval is\nwider for it: a (0.62).\n"));
  EXPECT_THAT(text("010"), HasSubstr("Too few trials to see whether those of one run resemble the "
                                     "ones before them; an interval is\ntoo narrow where they do: "
                                     "a.\n"));
  EXPECT_THAT(text("01"), Not(HasSubstr("before them"))) << "no interval";
}

TEST(ComparisonText, TheSentenceComesFirstAndTheRunCanBeFoundAgain) {
  record::Run run = small_run("20261124-100000-0001");
  run.manifest.cells[1].note = "altered compiler flags";
  run.trials[2].verdict.reject("a request was lost\x1b[2J");
  const std::string text = comparison_text(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_THAT(text, StartsWith("a serves 1200 requests/s and b 600: 2.00 times as many; "));
  EXPECT_THAT(
      text,
      HasSubstr("\na       1200             45.0             90.0   10  cpu      2 of 3 valid\n"));
  EXPECT_THAT(text, HasSubstr("\n* b: altered compiler flags\n"));
  EXPECT_THAT(text,
              HasSubstr("\nb *      600             45.0             90.0   10  workers  valid\n"));
  EXPECT_THAT(text, HasSubstr("response times: P50 1.00 times, P99 1.00 times (closed loop: "));
  EXPECT_THAT(text, HasSubstr("unrig show 20261124-100000-0001"));
  EXPECT_THAT(text, HasSubstr("Does not count:\n  a: block 2: a request was lost\\x1b[2J\n"));
  EXPECT_THAT(text, Not(HasSubstr("noise floor")));
}

TEST(ComparisonText, WhereEverythingWasDisturbedTheFiguresAreShownMarked) {
  record::Run run = small_run("20261124-100000-0001");
  for (auto& trial : run.trials) {
    trial.disturbance = {.steal = 0.5};
    trial.verdict.reject("the hypervisor took 50.0 % of the CPU time");
    trial.verdict.disturbed = true;
  }
  const auto found = analysis::compare(run, "a", "b");
  const std::string text = comparison_text(found, run.manifest);
  EXPECT_THAT(text, StartsWith("a and b cannot be compared"));
  EXPECT_THAT(text, HasSubstr("\na      ~1200 "));
  EXPECT_THAT(text, HasSubstr("of disturbed trials: ~2.0 times [1.0, 4.0]\n"));
  EXPECT_THAT(text, HasSubstr("help: other guests"));
  EXPECT_THAT(text, HasSubstr("help: or count such trials"));
  const record::Json json = comparison_json(found, run.manifest);
  EXPECT_EQ(json["verdict"], "invalid");
  EXPECT_EQ(json["ratio"]["estimate"], nullptr);
  EXPECT_DOUBLE_EQ(json["disturbed_ratio"]["high"], 4);
  EXPECT_EQ(json["advice"].size(), 4u);

  run.manifest.accept_noise = true;
  const auto accepted = analysis::compare(run, "a", "b");
  EXPECT_EQ(accepted.standing, stats::Standing::faster);
  EXPECT_THAT(comparison_text(accepted, run.manifest), HasSubstr("3 of 3, 3 disturbed"));
}

TEST(ComparisonText, SaysThatTheRatioDidNotBecomePrecise) {
  record::Run run = small_run("r");
  EXPECT_THAT(comparison_text(analysis::compare(run, "a", "b"), run.manifest),
              Not(HasSubstr("precision")));
  run.manifest.blocks = 0;
  EXPECT_THAT(comparison_text(analysis::compare(run, "a", "b"), run.manifest),
              Not(HasSubstr("precision")));
  run.trials.front().throughput_per_s *= 1.1;
  EXPECT_THAT(comparison_text(analysis::compare(run, "a", "b"), run.manifest),
              HasSubstr("precision: undecided (half-width "));
}

TEST(ComparisonText, WithoutAnyTrialThereAreNoFigures) {
  record::Run run = small_run("r");
  run.trials.clear();
  run.manifest.cells[0].failure = "it did not start";
  const std::string text = comparison_text(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_THAT(text, StartsWith("a and b cannot be compared"));
  EXPECT_THAT(text, HasSubstr("Does not count:\n  a: it did not start\n  b: not measured\n"));
  EXPECT_THAT(text, Not(HasSubstr("valid\n"))) << "in the table";
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(ComparisonOfRuns, UnlikeLimitersAreMarked) {
  const record::Run a = small_run("one");
  record::Run b = small_run("two");
  for (auto& trial : b.trials) trial.limiter.name = "cpu";
  const std::string text = comparison_text(analysis::compare_runs(a, b, 0.02), "one", "two");
  EXPECT_THAT(text, HasSubstr("\nb      1.00  !  "));
  EXPECT_THAT(text, HasSubstr("\n! b is limited by workers, in the other run by cpu"));
}

TEST(ComparisonText, TwoRunsSayThatTheyAreNotPairedAndHowTheyDiffer) {
  const record::Run a = small_run("one");
  record::Run b = small_run("two");
  b.manifest.versions = {{"nginx", "1.24"}};
  b.trials[1].verdict.reject("planted");
  const std::string same = comparison_text(analysis::compare_runs(a, b, 0.02), "one", "two");
  EXPECT_THAT(same, StartsWith("2 stacks, one over two: 1 equivalent, 1 undecided.\n"));
  EXPECT_THAT(same, HasSubstr("their blocks are not paired"));
  EXPECT_THAT(same, HasSubstr("  version of nginx: nothing and 1.24\n"));
  EXPECT_THAT(same, HasSubstr("  b in two: block 1: planted\n"));
  EXPECT_THAT(same, Not(HasSubstr("by force")));
  EXPECT_THAT(same, HasSubstr("\nStack  Tput  95 % together")) << "no column of marks without one";
  b.manifest.knobs = {{"clients", "50"}};
  EXPECT_THAT(comparison_text(analysis::compare_runs(a, b, 0.02), "one", "two"),
              HasSubstr("Compared by force"));
}

TEST(ComparisonJson, HasTheRecordsKeysAndNullForWhatIsNotKnown) {
  record::Run run = small_run("r");
  const record::Json json = comparison_json(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_EQ(json.at("schema"), "unrig.compare/1");
  EXPECT_EQ(json.at("a"), "a");
  EXPECT_EQ(json.at("run"), "r");
  EXPECT_EQ(json.at("metric"), "throughput");
  EXPECT_NEAR(json.at("ratio").at("estimate"), 2, 1e-12);
  EXPECT_EQ(json.at("blocks"), 3);
  EXPECT_EQ(json.at("verdict"), "faster");
  EXPECT_EQ(json.at("limiter").at("b").at("name"), "workers");
  EXPECT_TRUE(json.at("noise_floor").is_null());
  run.trials.clear();
  const record::Json empty = comparison_json(analysis::compare(run, "a", "b"), run.manifest);
  EXPECT_EQ(empty.at("verdict"), "invalid");
  EXPECT_TRUE(empty.at("ratio").at("estimate").is_null());
}

TEST(ComparisonJson, OfRunsHasOneEntryPerCellAndOneRatioWhereThereIsOne) {
  const record::Run a = small_run("one");
  record::Run b = small_run("two");
  const record::Json two = comparison_json(analysis::compare_runs(a, b, 0.05), "one", "two", 0.05);
  EXPECT_EQ(two.at("a"), "one");
  EXPECT_FALSE(two.at("paired"));
  EXPECT_FALSE(two.at("forced"));
  EXPECT_DOUBLE_EQ(two.at("margin"), 0.05);
  EXPECT_EQ(two.at("cells").size(), 2u);
  EXPECT_EQ(two.at("cells").at(1).at("label"), "b");
  EXPECT_FALSE(two.contains("ratio"));
  b.manifest.cells.pop_back();
  b.manifest.host.cores = 8;
  const record::Json one = comparison_json(analysis::compare_runs(a, b, 0.05), "one", "two", 0.05);
  EXPECT_EQ(one.at("verdict"), "equivalent");
  EXPECT_NEAR(one.at("ratio").at("estimate"), 1, 1e-12);
  EXPECT_TRUE(one.at("forced"));
  EXPECT_EQ(one.at("differences").at(0).at("what"), "number of cores");
}

}  // namespace
}  // namespace unrig::report
