#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/tuning.h"
#include "base/text.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "report/table.h"
#include "report/testing.h"

namespace unrig::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

record::Run small_run() {
  record::Run run;
  run.manifest.run = "20261124-100000-0001";
  run.manifest.baseline = "flask-gunicorn";
  run.manifest.cells = {
      {.stack = "flask-gunicorn",
       .vintage = "2026",
       .framework = "Flask",
       .server = "Gunicorn",
       .concurrency = "sync",
       .workers = 7,
       .label = "flask-gunicorn"},
      {.stack = "odd",
       .vintage = "2026",
       .framework = "Odd",
       .server = "Own",
       .concurrency = "sync",
       .note = "altered compiler flags",
       .workers = 2,
       .label = "odd"},
      {.stack = "broken", .failure = "no module \x1b[2Jnamed x", .label = "broken"}};
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.throughput_per_s = cell.label == "odd" ? 1200 : 600;
    trial.response_us = {.p50 = 153'000, .p99 = 1'234};
    trial.limiter.name = "cpu";
    return trial;
  });
  return run;
}

TEST(Table, AlignsByCodePointsAndPrintsNothingHarmful) {
  EXPECT_EQ(table({{"a"}, {"n", Align::right}}, {{"\xc3\xa9\xc3\xa9", "1"}, {"x\n\x1b", "22"}}),
            "a        n\n"
            "\xc3\xa9\xc3\xa9       1\n"
            "x \\x1b  22\n");
}

TEST(Table, ColumnsGoInTheirOrderUntilItFitsAndAreNamed) {
  const std::vector<Column> columns{
      {"name"}, {.head = "last", .goes = 2}, {.head = "first", .goes = 1}, {"end"}};
  const std::vector<std::vector<std::string>> rows{{"a", "b", "c", "d"}};
  const std::string whole = "name  last  first  end\na     b     c      d\n";
  EXPECT_EQ(table(columns, rows), whole);
  EXPECT_EQ(table(columns, rows, {.width = 22}), whole) << "just fits";
  EXPECT_EQ(table(columns, rows, {.width = 21}),
            "name  last  end\na     b     d\n--wide also shows first\n");
  const std::string least = "name  end\na     d\n--wide also shows first, last\n";
  EXPECT_EQ(table(columns, rows, {.width = 9}), least);
  EXPECT_EQ(table(columns, rows, {.width = 1}), least) << "what stays, stays";
}

TEST(Table, AColumnOfProseGoesOnBelowItself) {
  const std::vector<Column> columns{
      {"knob"}, {.head = "takes", .goes = 1}, {.head = "meaning", .wraps = true}};
  const std::string words = "one two three four five six seven eight";  // 39 columns
  const std::vector<std::vector<std::string>> rows{{"a", "b", words}, {"c", "d", "short"}};
  EXPECT_EQ(table(columns, rows),
            "knob  takes  meaning\na     b      " + words + "\nc     d      short\n");
  EXPECT_EQ(table(columns, rows, {.width = 45}),
            "knob  takes  meaning\n"
            "a     b      one two three four five six\n"
            "             seven eight\n"
            "c     d      short\n")
      << "it gives way before another column goes";
  EXPECT_EQ(table(columns, rows, {.width = 40}),
            "knob  meaning\n"
            "a     one two three four five six seven\n"
            "      eight\n"
            "c     short\n"
            "--wide also shows takes\n");
}

TEST(Table, ColoursTheHeadAndWhatIsUnusual) {
  EXPECT_EQ(table({{"a"}, {.head = "v", .usual = "valid"}}, {{"x", "valid"}, {"y", "\x1b[1m"}},
                  {.colours = true}),
            "\x1b[1ma  v\x1b[0m\nx  valid\ny  \x1b[33m\\x1b[1m\x1b[0m\n");
}

/// Two stacks at two delays; "odd" serves half as much at the first, and twice as much at the
/// other.
record::Run grid_run() {
  record::Run run = small_run();
  const auto stacks = run.manifest.cells;
  run.trials.clear();
  run.manifest.cells.clear();
  run.manifest.knobs = {{"clients", "100"}, {"db.delay", "\"20ms\""}};
  for (const std::string delay : {"10ms", "20ms"}) {
    for (std::size_t i = 0; i < 2; ++i) {
      record::Cell cell = stacks[i];
      cell.label += " db.delay=" + delay;
      if (delay != "20ms") cell.knobs = {{"db.delay", '"' + delay + '"'}};
      cell.role = record::Role::grid_step;
      run.manifest.cells.push_back(cell);
    }
  }
  run.manifest.baseline = "flask-gunicorn db.delay=20ms";
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.throughput_per_s = cell.stack == "flask-gunicorn"      ? 600
                             : cell.label == "odd db.delay=10ms" ? 300
                                                                 : 1200;
    trial.limiter.name = "cpu";
    return trial;
  });
  return run;
}

TEST(RunText, OfAGridHasAColumnPerKnobAndTheStacksAtEachSetting) {
  const record::Run run = grid_run();
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("db.delay  Framework"));
  EXPECT_THAT(text, Not(HasSubstr("Rank")));
  const auto order = {text.find("10ms      Flask"), text.find("10ms      Odd *"),
                      text.find("20ms      Odd *"), text.find("20ms      Flask")};
  EXPECT_TRUE(std::ranges::is_sorted(order)) << text;
  EXPECT_NE(text.find("20ms      Flask"), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("as flask-gunicorn at the same setting:"));
  EXPECT_THAT(text, HasSubstr("db.delay=10ms  odd     0.50  [0.50, 0.50]   slower"));
  EXPECT_THAT(text, HasSubstr("* odd: altered compiler flags\nIntervals")) << "once";
  EXPECT_THAT(text, HasSubstr("odd overtakes flask-gunicorn between db.delay=10ms and "
                              "db.delay=20ms.\n"));
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("query delay 10ms, 20ms"));
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("4 cells that differ in db.delay"));
}

TEST(RunText, OfAGridWhatIsUndecidedIsSoBesideTheSameSetting) {
  record::Run run = grid_run();
  run.manifest.blocks = 0;
  for (auto& trial : run.trials) {
    // Of each setting both alike: precise beside one another, and not beside the other setting.
    const bool first = trial.label.ends_with("10ms");
    trial.throughput_per_s *= first ? 1 + 0.3 * trial.block : 1;
  }
  EXPECT_THAT(run_text(run, analysis::summarize(run)), Not(HasSubstr("undecided (")));
  for (auto& trial : run.trials) {
    if (trial.label == "odd db.delay=10ms") trial.throughput_per_s *= 1 + 0.2 * trial.block;
  }
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("odd db.delay=10ms: undecided (half-width "));
  EXPECT_THAT(text, Not(HasSubstr("flask-gunicorn db.delay=10ms: undecided")));
}

TEST(RunJson, OfAGridHasEveryRatioBesideTheBaselinesStack) {
  const record::Run run = grid_run();
  const record::Json json = run_json(run, analysis::summarize(run));
  const auto& grid = json.at("grid");
  EXPECT_EQ(grid.at("knobs"), record::Json({"db.delay"}));
  EXPECT_EQ(grid.at("beside"), "flask-gunicorn");
  ASSERT_EQ(grid.at("settings").size(), 2U);
  const auto& last = grid.at("settings")[1];
  EXPECT_EQ(last.at("knobs").at("db.delay"), "\"20ms\"");
  EXPECT_EQ(last.at("ratios")[0].at("label"), "odd db.delay=20ms");
  EXPECT_EQ(last.at("ratios")[0].at("verdict"), "faster");
  EXPECT_EQ(json.at("sentence"),
            "odd overtakes flask-gunicorn between db.delay=10ms and db.delay=20ms.");
  const record::Run plain = small_run();
  EXPECT_TRUE(run_json(plain, analysis::summarize(plain)).at("grid").is_null());
}

/// One stack, and the same without a proxy.
record::Run layers_run() {
  record::Run run = small_run();
  run.trials.clear();
  run.manifest.cells.resize(1);
  record::Cell& own = run.manifest.cells.front();
  record::Cell changed = own;
  changed.label += " proxy.enabled=false";
  changed.knobs = {{"proxy.enabled", "false"}};
  changed.role = record::Role::perturbation;
  run.manifest.baseline = own.label;
  run.manifest.cells.push_back(changed);
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    const bool has_proxy = cell.knobs.empty();
    trial.throughput_per_s = has_proxy ? 600 : 900;
    trial.response_us.p50 = has_proxy ? 150'000 : 100'000;
    trial.cpu_us_per_request = {
        .proxy = has_proxy ? 100 : 0, .app = 300, .pooler = 0, .database = 0};
    trial.limiter.name = "cpu";
    return trial;
  });
  return run;
}

TEST(RunText, OfLayersSaysWhatEachChangeDoes) {
  const record::Run run = layers_run();
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("Changed              Tput"));
  EXPECT_THAT(text, HasSubstr("\nproxy.enabled=false  1.50"));
  EXPECT_THAT(text, HasSubstr("\nnothing              1.00  baseline"));
  EXPECT_THAT(text, Not(HasSubstr("Rank")));
  EXPECT_THAT(text, HasSubstr("Times those of flask-gunicorn as it is, 95 % together:\n"));
  EXPECT_THAT(text, HasSubstr("proxy.enabled=false  1.50 [1.50, 1.50]  0.67 [0.67, 0.67]  "
                              "0.75 [0.75, 0.75]  faster\n"));
  EXPECT_THAT(text, HasSubstr("flask-gunicorn serves, in requests/s, 1.50 times [1.50, 1.50] with "
                              "proxy.enabled=false"));
}

TEST(RunJson, OfLayersHasEveryChange) {
  const record::Run run = layers_run();
  const record::Json json = run_json(run, analysis::summarize(run));
  const auto& changes = json.at("changes");
  EXPECT_EQ(changes.at("of"), "flask-gunicorn");
  ASSERT_EQ(changes.at("changes").size(), 1U);
  const auto& change = changes.at("changes")[0];
  EXPECT_EQ(change.at("knobs"), (record::Json{{"proxy.enabled", "false"}}));
  EXPECT_NEAR(change.at("cpu_ratio").at("estimate"), 0.75, 1e-9);
  EXPECT_EQ(change.at("verdict"), "faster");
  const record::Run plain = small_run();
  EXPECT_TRUE(run_json(plain, analysis::summarize(plain)).at("changes").is_null());
}

TEST(RunText, HasTheArticlesColumnsAndListsWhatDoesNotCount) {
  const record::Run run = small_run();
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("Odd *      Own         sync    2  2.00  [2.00, 2.00]"));
  EXPECT_THAT(text, HasSubstr("1.00  baseline"));
  EXPECT_THAT(text, HasSubstr("153             1.23"));
  EXPECT_THAT(text, HasSubstr("* odd: altered compiler flags"));
  EXPECT_THAT(text, HasSubstr("Does not count:\n  broken: no module \\x1b[2Jnamed x"));
  EXPECT_THAT(text, HasSubstr("odd is the fastest: 1200 requests/s, 2.00 times [2.00, 2.00]"));
}

TEST(RunText, FitsEightyColumnsAndKeepsWhatAnswers) {
  const record::Run run = small_run();
  const auto summary = analysis::summarize(run);
  const std::string text = run_text(run, summary, {.width = 80});
  const auto lines = split(text.substr(0, text.find("\n\n")), '\n');
  ASSERT_EQ(lines.size(), 4U) << text;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(lines[i].size(), 80U) << lines[i];
  for (const char* head : {"Rank", "Framework", "Web server", "Tput", "95 %", "Req/s", "Verdict"}) {
    EXPECT_THAT(lines.front(), HasSubstr(head));
  }
  EXPECT_THAT(lines.back(), HasSubstr("--wide also shows CPU us/req, #DB, Wrk, Type, P50 "));
  EXPECT_THAT(run_text(run, summary, {.width = 200}), Not(HasSubstr("--wide")));
}

TEST(RunText, SaysWhichRatiosDidNotBecomePrecise) {
  record::Run run = small_run();
  run.manifest.blocks = 0;
  EXPECT_THAT(run_text(run, analysis::summarize(run)), Not(HasSubstr("undecided")));
  run.trials[1].throughput_per_s *= 1.1;
  EXPECT_THAT(run_text(run, analysis::summarize(run)), HasSubstr("odd: undecided (half-width "));
  run.manifest.blocks = 3;
  EXPECT_THAT(run_text(run, analysis::summarize(run)), Not(HasSubstr("undecided")));
}

/// All trials of the label were disturbed by a compiler.
void disturb(record::Run& run, const std::string& label) {
  for (auto& trial : run.trials) {
    if (trial.label != label) continue;
    trial.disturbance = {.foreign = 0.5, .foreign_name = "cc1plus"};
    trial.verdict.reject("other programs used 50 % of the CPU time, most of it cc1plus");
    trial.verdict.disturbed = true;
  }
}

TEST(RunText, ADisturbedRowIsShownMarkedAndUnranked) {
  record::Run run = small_run();
  disturb(run, "odd");
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text,
              HasSubstr("   -  Odd *      Own         sync    2  ~2.00  [2.00, 4.00]   ~1200"));
  EXPECT_THAT(text, HasSubstr("cpu      disturbed\n"));
  EXPECT_THAT(text, HasSubstr("   1  Flask      Gunicorn"));
  EXPECT_THAT(text, HasSubstr("~ of disturbed trials: ranks nothing"));
  EXPECT_THAT(text, HasSubstr("there is nothing valid to compare it with"));
  EXPECT_THAT(text, HasSubstr("help: end or pause cc1plus"));
  EXPECT_THAT(text, HasSubstr("unrig run --resume 20261124-100000-0001 --accept-noise"));
  const record::Json json = run_json(run, analysis::summarize(run));
  EXPECT_EQ(json["cells"][1]["disturbed"]["trials"], 3);
  EXPECT_EQ(json["cells"][1]["throughput_per_s"]["low"], nullptr) << "no trial counts";
  EXPECT_EQ(json["cells"][0]["disturbed"], nullptr);
  EXPECT_EQ(json["advice"].size(), 4u);
}

// Both have trials that count, in no block together. Others took half of two of the three trials of
// one side and of one of the other's: 1 / (1 - 1/3) = 1.5 up, 1 / (1 - 1/6) = 1.2 down.
TEST(RunText, ARatioOfNoCommonBlockIsOfDisturbedTrials) {
  record::Run run = small_run();
  for (auto& trial : run.trials) {
    if ((trial.label == "odd") == (trial.block == 1)) continue;
    trial.disturbance = {.foreign = 0.5, .foreign_name = "cc1plus"};
    trial.verdict.reject("other programs used 50 % of the CPU time, most of it cc1plus");
    trial.verdict.disturbed = true;
  }
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("~2.00  [1.67, 3.00]"));
  EXPECT_THAT(text, HasSubstr("1 of 3 valid"));
  EXPECT_THAT(text, HasSubstr("~ of disturbed trials"));
  EXPECT_THAT(text, HasSubstr("--resume 20261124-100000-0001")) << "one valid trial is too few";
  const record::Json json = run_json(run, analysis::summarize(run));
  EXPECT_DOUBLE_EQ(json["cells"][0]["disturbed_ratio"]["estimate"], 2);
  EXPECT_EQ(json["cells"][0]["ratio"]["estimate"], nullptr);
  EXPECT_EQ(json["cells"][1]["disturbed_ratio"], nullptr);
}

TEST(RunText, WhereEverythingWasDisturbedThereIsATable) {
  record::Run run = small_run();
  disturb(run, "odd");
  disturb(run, "flask-gunicorn");
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("~2.00  [1.00, 4.00]"));
  EXPECT_THAT(text, HasSubstr("~1.00  baseline"));
  EXPECT_THAT(text, HasSubstr("what there is was disturbed, and ranks nothing"));
  EXPECT_THAT(text, HasSubstr("Does not count:\n"));
}

TEST(RunText, AcceptedNoiseCountsAndIsMarked) {
  record::Run run = small_run();
  disturb(run, "odd");
  run.manifest.accept_noise = true;
  const analysis::Summary summary = analysis::summarize(run);
  const std::string text = run_text(run, summary);
  EXPECT_THAT(text, HasSubstr("odd is the fastest"));
  EXPECT_THAT(text, HasSubstr("cpu      3 of 3, 3 disturbed\n"));
  EXPECT_THAT(text, HasSubstr("count in this run (--accept-noise);"));
  EXPECT_THAT(text, Not(HasSubstr("help:")));
  const record::Json json = run_json(run, summary);
  EXPECT_EQ(json["accept_noise"], true);
  run.manifest.accept_noise = false;
  run.manifest.tolerated_loss = 0.6;
  EXPECT_THAT(run_text(run, analysis::summarize(run)),
              HasSubstr("count in this run (a search: others took less than 60 % of the CPU"));
  EXPECT_EQ(json["cells"][0]["label"], "odd");
  EXPECT_EQ(json["cells"][0]["accepted_trials"], 3);
  EXPECT_EQ(json["cells"][1]["accepted_trials"], 0);
  EXPECT_EQ(json["trials"][1]["verdict"]["valid"], false) << "what others did stays";
}

TEST(RunText, OneBlockGivesNoRank) {
  record::Run run = small_run();
  EXPECT_THAT(run_text(run, analysis::summarize(run)), Not(HasSubstr("in place of a rank")));
  run.trials.resize(2);
  const std::string text = run_text(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("\n   -  Odd"));
  EXPECT_THAT(text, HasSubstr("- in place of a rank: fewer than 3 valid trials give no interval"));
  run.trials.resize(1);
  EXPECT_THAT(run_text(run, analysis::summarize(run)), HasSubstr("\n   1  Flask"))
      << "the only one has its place";
}

TEST(RunText, AReasonThatStacksShareIsSaidOnceWithAllTheirNames) {
  record::Run run = small_run();
  for (const char* stack : {"old", "older"}) {
    run.manifest.cells.push_back(
        {.stack = stack, .failure = "there is no CPython 3.8\nuv python install", .label = stack});
  }
  EXPECT_THAT(run_text(run, analysis::summarize(run)),
              HasSubstr("\n  old, older: there is no CPython 3.8\n    uv python install\n"));
}

TEST(RunText, NumbersOfWorkersStandInTheirOrder) {
  record::Run run = small_run();
  run.manifest.cells.resize(2);
  run.manifest.cells[1] = run.manifest.cells[0];
  run.manifest.cells[1].workers = 14;
  run.manifest.cells[1].label = "flask-gunicorn workers=14";
  for (auto& cell : run.manifest.cells) {
    cell.role = record::Role::grid_step;
    cell.knobs = {{"workers.sync", std::to_string(cell.workers)}};
  }
  for (auto& trial : run.trials) {
    if (trial.label == "odd") trial.label = "flask-gunicorn workers=14";
  }
  const auto summary = analysis::summarize(run);
  const std::string text = run_text(run, summary);
  EXPECT_THAT(text, HasSubstr("Wrk  Tput  95 % interval  Req/s"));
  EXPECT_THAT(text, HasSubstr("\n  7  1.00  baseline "));
  EXPECT_THAT(text, HasSubstr("\n 14  2.00  [2.00, 2.00]"));
  EXPECT_LT(text.find("\n  7 "), text.find("\n 14 ")) << "the best one stands on top elsewhere";
  EXPECT_THAT(text, HasSubstr("flask-gunicorn served most with 14 workers: 2.00 times"));
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("2 numbers of workers of flask-gunicorn, each"));

  const auto json = run_json(run, summary);
  EXPECT_EQ(json.at("tuning").at("best"), 14);
  EXPECT_EQ(json.at("tuning").at("own"), 7);
  EXPECT_DOUBLE_EQ(json.at("tuning").at("gain").at("estimate"), 2);
  EXPECT_EQ(json.at("tuning").at("no_difference").at("low"), 14);
  EXPECT_EQ(json.at("sentence"), analysis::to_text(*analysis::tuning_of(run, summary)));
  EXPECT_FALSE(run_json(small_run(), analysis::summarize(small_run())).contains("tuning"));
}

TEST(RunText, TheHeadingSaysWhatIsMeasuredInWords) {
  record::Run run = small_run();
  run.manifest.blocks = 1;
  run.manifest.knobs = {{"db.delay", "\"20ms\""}};
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("query delay 20ms, "));
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("\n1 block of 3 stacks, each "));
  run.manifest.cells.resize(1);
  EXPECT_THAT(run_heading(run.manifest), HasSubstr("\n1 block of 1 stack, each "));
}

TEST(RunText, AnEmptyRunPrintsNoTable) {
  const record::Run run;
  EXPECT_EQ(run_text(run, analysis::summarize(run)), "\nNothing valid was measured.\n");
}

TEST(RunJson, HasTheRecordsKeysAndNullForWhatIsNotKnown) {
  const record::Run run = small_run();
  const auto json = run_json(run, analysis::summarize(run));
  EXPECT_EQ(json.at("schema"), "unrig.run/1");
  for (const char* key : {"run", "unrig", "started_at", "seed", "host", "scenario", "baseline",
                          "cells", "trials", "sentence"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_DOUBLE_EQ(json.at("cells").at(0).at("ratio").at("estimate"), 2.0);
  const auto& broken = json.at("cells").at(2);
  EXPECT_TRUE(broken.at("throughput_per_s").at("estimate").is_null());
  EXPECT_TRUE(broken.at("ratio").at("low").is_null());
  EXPECT_TRUE(broken.at("p99_ratio").at("estimate").is_null());
  EXPECT_DOUBLE_EQ(json.at("cells").at(0).at("p50_ratio").at("high"), 1.0);
  EXPECT_TRUE(json.at("cells").at(0).at("db_sessions").at("ratio").at("low").is_null());
  EXPECT_EQ(json.at("trials").size(), 6u);
}

}  // namespace
}  // namespace unrig::report
