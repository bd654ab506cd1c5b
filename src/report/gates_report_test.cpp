#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/comparison.h"
#include "base/text.h"
#include "report/comparison_json.h"
#include "report/comparison_text.h"
#include "report/exports.h"
#include "report/gates_text.h"
#include "report/html.h"
#include "report/load_json.h"
#include "report/load_text.h"
#include "report/page_data.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "report/testing.h"

namespace unrig::report {
namespace {

using record::GateOutcome;
using record::GateUnit;
using record::Json;
using record::JudgedGate;
using ::testing::HasSubstr;
using ::testing::Not;

/// "a" serves 1200/s, "b", the baseline, 600; P99 90 ms each.
record::Run gated(std::vector<std::string> gates) {
  record::Run run;
  run.manifest.run = "20261124-100000-0001";
  run.manifest.started_at = "2026-11-24T10:00:00Z";
  run.manifest.blocks = 3;
  run.manifest.baseline = "b";
  for (const char* stack : {"a", "b"})
    run.manifest.cells.push_back({.stack = stack, .vintage = "2026", .label = stack});
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.throughput_per_s = cell.label == "a" ? 1200 : 600;
    trial.response_us = {.p50 = 45'000, .p99 = 90'000};
    trial.limiter.name = "cpu";
    return trial;
  });
  run.manifest.gates_asked = std::move(gates);
  return run;
}

const std::vector<std::string> one_of_each{"a: p99 < 1s", "b: throughput > 1000/s", "a: p95 < 1s"};

TEST(GateTexts, TellsTheCellWhateverNameWasTyped) {
  JudgedGate gate{.gate = "p99 < 1s", .label = "flask db.delay=1ms"};
  EXPECT_EQ(gate_title(gate), "flask db.delay=1ms: p99 < 1s");
  gate.gate = "flask: p99 < 1s";
  EXPECT_EQ(gate_title(gate), "flask db.delay=1ms: p99 < 1s");
  gate = {.gate = "http://x:1/: p99 < 1s", .label = "http://x:1/"};
  EXPECT_EQ(gate_title(gate), gate.gate);
  EXPECT_EQ(gate_title({.gate = "p99 < 1s"}), "p99 < 1s") << "of a load";
}

TEST(GateTexts, HaveTheirUnits) {
  const auto text = [](GateUnit unit, double estimate, double low, double high) {
    return gate_figure({.unit = unit, .estimate = estimate, .low = low, .high = high});
  };
  EXPECT_EQ(text(GateUnit::microseconds, 48'200, 900, 1.5e6), "48.20 ms [900.0 us, 1.50 s]");
  EXPECT_EQ(text(GateUnit::per_second, 1000, 99.5, 1100.4), "1000/s [99.5/s, 1100/s]");
  EXPECT_EQ(text(GateUnit::ratio, 1.2, 1.1, 1.3), "1.200 [1.100, 1.300]");
  EXPECT_EQ(text(GateUnit::requests, 3, 3, 3), "3") << "counted, and no interval";
  EXPECT_EQ(text(GateUnit::fraction, 0.01, 0, 0.0205), "1 % [0 %, 2.05 %]");
  EXPECT_EQ(gate_figure({.unit = GateUnit::ratio, .estimate = 2}), "2.000");
  EXPECT_EQ(gate_figure({}), "-");
  EXPECT_EQ(gate_figure({.estimate = 2, .low = 1, .high = 3, .confidence = 0.99}),
            "2.000 [1.000, 3.000] at 99 %");
}

TEST(GateTexts, AreALineEach) {
  const std::vector<JudgedGate> gates{
      {.gate = "p99 < 1s", .outcome = GateOutcome::passed},
      {.gate = "p50 < 1s", .why = "because of this\nand a log of\x1b[2J a hundred lines"}};
  EXPECT_EQ(gates_text(gates),
            "Gate      Measured  Outcome\n"
            "p99 < 1s  -         passed\n"
            "p50 < 1s  -         undecided: because of this\n");
  EXPECT_EQ(gates_text({}), "");
}

TEST(Gates, StandInTheTextOfARunAndOfAComparison) {
  const record::Run run = gated(one_of_each);
  const auto summary = analysis::summarize(run);
  const auto comparison = analysis::compare(run, "a", "b");
  const Reported reported{.run = &run, .summary = &summary};
  EXPECT_THAT(html(std::span(&reported, 1)), HasSubstr("a: p99 &lt; 1s             90.00 ms"))
      << "also without scripts";
  for (const std::string& text :
       {run_text(run, summary), comparison_text(comparison, run.manifest)}) {
    EXPECT_THAT(text, HasSubstr("a: p99 < 1s             90.00 ms [90.00 ms, 90.00 ms]  passed\n"));
    EXPECT_THAT(text, HasSubstr("600/s [600/s, 600/s]           failed\n"));
    EXPECT_THAT(text,
                HasSubstr("a: p95 < 1s             -                              undecided"));
  }
  const record::Run without = gated({});
  EXPECT_THAT(run_text(without, analysis::summarize(without)), Not(HasSubstr("Gate")));
  EXPECT_THAT(comparison_text(analysis::compare(without, "a", "b"), without.manifest),
              Not(HasSubstr("Gate")));
}

TEST(Gates, FitTheTerminal) {
  const std::vector<JudgedGate> gates{
      {.gate = "p99 < 1s",
       .why = "an interval takes 3 trials that count, there are 2 of them here"}};
  for (const auto& line : split(gates_text(gates, {.width = 60}), '\n'))
    EXPECT_LE(line.size(), 60U) << line;
}

TEST(Gates, StandInThePage) {
  const record::Run run = gated(one_of_each);
  const auto summary = analysis::summarize(run);
  const Reported reported{.run = &run, .summary = &summary};
  const Json gates = page_data(std::span(&reported, 1)).at("runs").at(0).at("gates");
  ASSERT_EQ(gates.size(), 3U);
  EXPECT_EQ(gates[0], (Json{{"title", "a: p99 < 1s"},
                            {"figure", "90.00 ms [90.00 ms, 90.00 ms]"},
                            {"outcome", "passed"},
                            {"why", ""}}));
  EXPECT_EQ(gates[1].at("outcome"), "failed");
  EXPECT_NE(gates[2].at("why"), "");
}

TEST(Gates, StandInTheRecords) {
  const record::Run run = gated(one_of_each);
  const auto document = run_json(run, analysis::summarize(run));
  EXPECT_EQ(document["gates_asked"].size(), 3U);
  const auto& gate = document["gates"][1];
  EXPECT_EQ(gate["gate"], one_of_each[1]);
  EXPECT_EQ(gate["label"], "b");
  EXPECT_EQ(gate["against"], nullptr);
  EXPECT_EQ(gate["metric"], "throughput");
  EXPECT_EQ(gate["unit"], "1/s");
  EXPECT_EQ(gate["comparison"], ">");
  EXPECT_EQ(gate["bound"], 1000);
  EXPECT_NEAR(gate["figure"]["high"].get<double>(), 600, 1e-9);
  EXPECT_EQ(gate["figure"]["confidence"], 0.95);
  EXPECT_EQ(gate["outcome"], "failed");
  EXPECT_EQ(gate["why"], nullptr);
  EXPECT_EQ(document["gates"][2]["outcome"], "undecided");
  EXPECT_EQ(document["gates"][2]["figure"]["low"], nullptr);
  EXPECT_NE(document["gates"][2]["why"], nullptr);
  EXPECT_EQ(comparison_json(analysis::compare(run, "a", "b"), run.manifest)["gates"],
            document["gates"]);
}

TEST(Gates, StandInTheTextAndTheRecordOfALoad) {
  record::LoadRun load{.url = "http://127.0.0.1:1/"};
  EXPECT_THAT(load_text(load), Not(HasSubstr("Gate")));
  EXPECT_TRUE(load_json(load)["gates"].empty());
  load.gates = {{.gate = "failed = 0",
                 .metric = "failed",
                 .unit = GateUnit::requests,
                 .comparison = "=",
                 .estimate = 4,
                 .low = 4,
                 .high = 4,
                 .outcome = GateOutcome::failed}};
  EXPECT_THAT(load_text(load), HasSubstr("\n\nGate        Measured  Outcome\n"
                                         "failed = 0  4         failed\n"));
  EXPECT_EQ(load_json(load)["gates"][0]["label"], nullptr);
  EXPECT_EQ(load_json(load)["gates"][0]["figure"]["estimate"], 4);
}

TEST(Gates, AreATestCaseEachOfJunit) {
  const record::Run run = gated(one_of_each);
  const std::string xml = junit_export(run, analysis::summarize(run));
  EXPECT_THAT(xml, HasSubstr("tests=\"5\" failures=\"1\" errors=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"unrig.gate\" name=\"a: p99 &lt; 1s\" "
                             "time=\"0.000\"/>\n"));
  EXPECT_THAT(xml, HasSubstr("<failure type=\"failed\" message=\"600/s [600/s, 600/s]\">failed"
                             "</failure>"));
  EXPECT_THAT(xml, HasSubstr("<error type=\"undecided\" message=\"-\">undecided: "));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"unrig\" name=\"a\" time=\"0.000\"/>\n"));
}

TEST(Gates, AreATableOfMarkdown) {
  const record::Run run = gated(one_of_each);
  const std::string text = markdown_export(run, analysis::summarize(run));
  EXPECT_THAT(text, HasSubstr("\n\n| Gate | Measured | Outcome |\n|---|---|---|\n"
                              "| a: p99 &lt; 1s | 90.00 ms \\[90.00 ms, 90.00 ms\\] | passed |\n"));
  const record::Run hostile = gated({"#1"});
  EXPECT_THAT(markdown_export(hostile, analysis::summarize(hostile)),
              HasSubstr("| \\#1 | - | undecided: &#39;\\#1&#39;: it compares nothing |"));
  const record::Run without = gated({});
  EXPECT_THAT(markdown_export(without, analysis::summarize(without)), Not(HasSubstr("Gate")));
}

}  // namespace
}  // namespace unrig::report
