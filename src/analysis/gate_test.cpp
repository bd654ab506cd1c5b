#include "analysis/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace unrig::analysis {
namespace {

using record::GateOutcome;
using ::testing::HasSubstr;

Gate gate_of(const std::string& text) {
  auto gate = parse_gate(text);
  EXPECT_TRUE(gate) << gate.error().what;
  return gate ? *gate : Gate{};
}

stats::Estimate between(double low, double high) {
  return {.estimate = (low + high) / 2, .low = low, .high = high};
}

GateOutcome outcome(const std::string& text, double low, double high) {
  return judge(gate_of(text), between(low, high));
}

TEST(ParseGate, ReadsNameMetricRelationBoundAndConfidence) {
  const Gate gate = gate_of("  starlette-uvicorn@2020 : p99 <50ms @ 99% ");
  EXPECT_EQ(gate.text, "starlette-uvicorn@2020 : p99 <50ms @ 99%");
  EXPECT_EQ(gate.name, "starlette-uvicorn@2020");
  EXPECT_EQ(gate.metric->name, "p99");
  EXPECT_EQ(gate.metric->quantile, 0.99);
  EXPECT_EQ(gate.relation->text, "<");
  EXPECT_EQ(gate.bound, 50'000);
  EXPECT_DOUBLE_EQ(gate.confidence, 0.99);
}

TEST(ParseGate, AnAddressHasColonsOfItsOwnAndALabelSpaces) {
  EXPECT_EQ(gate_of("http://[::1]:8080/a: p50 < 1s").name, "http://[::1]:8080/a");
  EXPECT_EQ(gate_of("flask db.delay=40ms: p50 < 1s").name, "flask db.delay=40ms");
}

TEST(ParseGate, ReadsEachUnitAsOptionsDo) {
  struct Case {
    const char* text;
    const char* metric;
    double bound;
  };
  for (const Case& each :
       {Case{"throughput > 1000/s", "throughput", 1000}, Case{"throughput>60/m", "throughput", 1},
        Case{"ratio >= 1.2", "ratio", 1.2}, Case{"p99_ratio <= 0.9", "p99_ratio", 0.9},
        Case{"p50 < 1.5 ms", "p50", 1500}, Case{"p999 < 2s", "p999", 2e6},
        Case{"failed = 0", "failed", 0}, Case{"failed_rate < 0.5%", "failed_rate", 0.005}}) {
    const Gate gate = gate_of(each.text);
    EXPECT_EQ(gate.metric->name, each.metric) << each.text;
    EXPECT_DOUBLE_EQ(gate.bound, each.bound) << each.text;
    EXPECT_TRUE(gate.name.empty()) << each.text;
    EXPECT_EQ(gate.confidence, 0.95) << each.text;
  }
}

TEST(ParseGate, UnderstandsOtherSpellings) {
  EXPECT_EQ(gate_of("p(95)<500ms").metric->name, "p95");
  EXPECT_EQ(gate_of("p(99.9) < 500ms").metric->name, "p999");
  EXPECT_EQ(gate_of("P99.9 < 500ms").metric->name, "p999");
  EXPECT_EQ(gate_of("med<5ms").metric->name, "p50");
  EXPECT_EQ(gate_of("rate<0.01").metric->name, "failed_rate");
  EXPECT_EQ(gate_of("rate<0.01").bound, 0.01);
  EXPECT_EQ(gate_of("failed==0").relation->text, "=");
}

TEST(ParseGate, SaysWhichGateWhatIsWrongAndWhatToWrite) {
  struct Case {
    const char* text;
    const char* what;
    const char* help;
  };
  for (const Case& each :
       {Case{"", "it compares nothing", "p99 < 50ms"},
        Case{"p99", "it compares nothing", "p99 < 50ms"},
        Case{": p99 < 5ms", "nothing stands before ':'", "ratio >= 1.2"},
        Case{"< 5ms", "it does not say of what", "the metrics are throughput, ratio, p50"},
        Case{"latency < 5ms", "there is no metric 'latency'", "the metrics are"},
        Case{"trougput > 5/s", "there is no metric 'trougput'", "did you mean 'throughput'?"},
        Case{"flask@2020 p99 < 5ms", "there is no metric 'flask@2020 p99'", "the metrics are"},
        Case{"p99 =< 5ms", "'=<' compares nothing", "<=, >, >= or ="},
        Case{"failed != 0", "'!=' compares nothing", "<=, >, >= or ="},
        Case{"p99 < 500", "the duration '500' has no unit", "500s"},
        Case{"p99 <", "'' is no duration", "20ms"},
        Case{"p99 < 1000/s", "unknown unit '/s'", "20ms"},
        Case{"throughput > 1000", "the rate '1000' has no unit", "1000/s"},
        Case{"ratio >= 1.2x", "'1.2x' is no ratio above 0", "1.2"},
        Case{"ratio >= 0", "'0' is no ratio above 0", "1.2"},
        Case{"ratio >= inf", "'inf' is no ratio above 0", "1.2"},
        Case{"failed < 1%", "'1%' is no number of requests", "failed_rate < 1%"},
        Case{"failed_rate < 100%", "is no fraction", "2%"},
        Case{"p99 = 5ms", "p99 is known by an interval", "p99 <= …"},
        Case{"p99 < 5ms @ 20%", "20%", "50%"},
        Case{"p99 < 5ms @ sure", "'sure'", ""}}) {
    const auto gate = parse_gate(each.text);
    ASSERT_FALSE(gate) << each.text;
    EXPECT_EQ(gate.error().kind, ErrorKind::usage);
    EXPECT_THAT(gate.error().what, HasSubstr("'" + std::string(each.text) + "': ")) << each.text;
    EXPECT_THAT(gate.error().what, HasSubstr(each.what)) << each.text;
    EXPECT_THAT(gate.error().what + gate.error().help, HasSubstr(each.help)) << each.text;
  }
}

TEST(ParseGate, PrintsNothingHarmful) {
  const auto gate = parse_gate("\x1b[2J < 5ms");
  ASSERT_FALSE(gate);
  EXPECT_THAT(gate.error().what, Not(HasSubstr("\x1b")));
}

TEST(JudgeGate, AsksForTheWholeInterval) {
  EXPECT_EQ(outcome("p99 < 50ms", 40'000, 49'999), GateOutcome::passed);
  EXPECT_EQ(outcome("p99 < 50ms", 40'000, 60'000), GateOutcome::undecided);
  EXPECT_EQ(outcome("p99 < 50ms", 50'001, 60'000), GateOutcome::failed);
  EXPECT_EQ(outcome("ratio > 1.2", 1.21, 1.3), GateOutcome::passed);
  EXPECT_EQ(outcome("ratio > 1.2", 1.1, 1.3), GateOutcome::undecided);
  EXPECT_EQ(outcome("ratio > 1.2", 1.1, 1.19), GateOutcome::failed);
}

TEST(JudgeGate, AtTheBoundItIsTheRelationThatTells) {
  EXPECT_EQ(outcome("p99 < 50ms", 40'000, 50'000), GateOutcome::undecided);
  EXPECT_EQ(outcome("p99 <= 50ms", 40'000, 50'000), GateOutcome::passed);
  EXPECT_EQ(outcome("p99 < 50ms", 50'000, 60'000), GateOutcome::failed);
  EXPECT_EQ(outcome("p99 <= 50ms", 50'000, 60'000), GateOutcome::undecided);
  EXPECT_EQ(outcome("ratio > 1.2", 1.2, 1.3), GateOutcome::undecided);
  EXPECT_EQ(outcome("ratio >= 1.2", 1.2, 1.3), GateOutcome::passed);
  EXPECT_EQ(outcome("ratio > 1.2", 1.1, 1.2), GateOutcome::failed);
  EXPECT_EQ(outcome("ratio >= 1.2", 1.1, 1.2), GateOutcome::undecided);
}

TEST(JudgeGate, OnlyAPointEquals) {
  EXPECT_EQ(outcome("failed = 3", 3, 3), GateOutcome::passed);
  EXPECT_EQ(outcome("failed = 3", 2, 2), GateOutcome::failed);
  EXPECT_EQ(outcome("failed = 3", 4, 4), GateOutcome::failed);
  EXPECT_EQ(outcome("failed = 3", 2, 4), GateOutcome::undecided);
  EXPECT_EQ(outcome("failed = 3", 3, 4), GateOutcome::undecided);
}

TEST(JudgeGate, TheEstimateNeverDecides) {
  for (const char* text : {"p99 < 50ms", "p99 > 50ms", "p99 <= 50ms"}) {
    EXPECT_EQ(judge(gate_of(text), {.estimate = 1}), GateOutcome::undecided) << text;
    EXPECT_EQ(judge(gate_of(text), {.estimate = 1e9}), GateOutcome::undecided) << text;
  }
  const double not_known = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(outcome("p99 < 50ms", not_known, not_known), GateOutcome::undecided);
  // Skewed: the estimate lies outside.
  EXPECT_EQ(judge(gate_of("p99 < 50ms"), {.estimate = 90'000, .low = 1, .high = 2}),
            GateOutcome::passed);
}

TEST(JudgeGate, WhatIsUndecidedSaysWhy) {
  const Gate gate = gate_of("a: p99 < 50ms");
  auto result = judged(gate, {.label = "a"}, {.figure = between(40'000, 60'000)});
  EXPECT_EQ(result.why, "the interval holds the bound");
  EXPECT_EQ(result.estimate, 50'000);
  EXPECT_EQ(result.gate, "a: p99 < 50ms");
  EXPECT_EQ(result.comparison, "<");
  result = judged(gate, {.label = "a"}, {.figure = stats::ratio_interval({}), .missing = "none"});
  EXPECT_EQ(result.why, "none");
  EXPECT_FALSE(result.estimate);
  result = judged(gate, {.label = "a"}, {.figure = between(1, 2)});
  EXPECT_EQ(result.why, "");
}

std::vector<record::Cell> cells() {
  return {{.stack = "flask", .vintage = "2026", .label = "flask"},
          {.stack = "sanic", .vintage = "2026", .label = "sanic@2026"},
          {.stack = "sanic", .vintage = "2020", .label = "sanic@2020"},
          {.stack = "flask",
           .vintage = "2026",
           .label = "flask (again)",
           .role = record::Role::baseline_double}};
}

std::string subjects(const std::string& text, const std::vector<record::Cell>& of = cells()) {
  const auto found = subjects_of(gate_of(text), of, "flask");
  if (!found) return found.error().what + "; " + found.error().help;
  std::string list;
  for (const auto& subject : *found)
    list += subject.label + (subject.against.empty() ? "" : "/" + subject.against) + " ";
  return list;
}

TEST(SubjectsOfAGate, AreAllWithoutAName) {
  EXPECT_EQ(subjects("failed = 0"), "flask sanic@2026 sanic@2020 ");
  EXPECT_EQ(subjects("ratio > 1"), "sanic@2026/flask sanic@2020/flask ");
}

TEST(SubjectsOfAGate, AreThoseThatAreCalledSo) {
  EXPECT_EQ(subjects("sanic@2020: p99 < 1s"), "sanic@2020 ");
  EXPECT_EQ(subjects("sanic: p99_ratio < 1"), "sanic@2026/flask sanic@2020/flask ");
  EXPECT_EQ(subjects("flask: p99 < 1s"), "flask ");
}

TEST(SubjectsOfAGate, OfABaselineBesideItsDoubleIsTheTwo) {
  const std::vector<record::Cell> alone{cells()[0], cells()[3]};
  EXPECT_EQ(subjects("ratio > 0.95", alone), "flask/flask (again) ");
  EXPECT_EQ(subjects("flask: ratio > 0.95", alone), "flask/flask (again) ");
  EXPECT_EQ(subjects("p99 < 1s", alone), "flask ");
}

TEST(SubjectsOfAGate, ThatIsOfNothingIsAnError) {
  EXPECT_THAT(subjects("sanik: p99 < 1s"), HasSubstr("is called 'sanik'; did you mean 'sanic'?"));
  EXPECT_THAT(subjects("nobody-here: p99 < 1s"),
              HasSubstr("what is measured is called flask, sanic@2026, sanic@2020"));
  EXPECT_THAT(subjects("flask: ratio > 1"), HasSubstr("its own is 1; name another stack"));
  EXPECT_THAT(subjects("ratio > 1", {cells()[0]}), HasSubstr("its own is 1"));
}

TEST(GateMetrics, HaveNamesOfTheirOwn) {
  for (const auto& metric : gate_metrics()) {
    const auto same = [&](const GateMetric& other) { return other.name == metric.name; };
    EXPECT_EQ(std::ranges::count_if(gate_metrics(), same), 1) << metric.name;
  }
}

}  // namespace
}  // namespace unrig::analysis
