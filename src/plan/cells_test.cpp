#include "plan/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> labels_of(const std::vector<record::Cell>& cells) {
  std::vector<std::string> labels;
  for (const auto& cell : cells) labels.push_back(cell.label);
  return labels;
}

const scenario::Scenario of_run;  // a delay of 20ms, 100 clients

std::vector<Axis> axes_from(const std::vector<std::string>& texts) {
  std::vector<Axis> axes;
  for (const auto& text : texts) axes.push_back(axis_from(text, of_run).value());
  return axes;
}

TEST(Axis, HasTheValuesAsTomlWritesThemAndKnowsTheScenariosOwn) {
  const Axis delay = axis_from("db.delay=10ms, 0.02s,\"40ms\"", of_run).value();
  EXPECT_EQ(delay.knob, "db.delay");
  EXPECT_THAT(delay.values, ElementsAre("\"10ms\"", "\"20ms\"", "\"40ms\""));
  EXPECT_EQ(delay.own, 1U);
  EXPECT_EQ(delay.baseline, 1U);
  const Axis other = axis_from("db.delay=10ms,40ms", of_run).value();
  EXPECT_FALSE(other.own);
  EXPECT_EQ(other.baseline, 0U);
}

TEST(Axis, ACommaWithinAValueSeparatesNothing) {
  EXPECT_THAT(axis_from("cpus.app=[0],[0,1],[]", of_run)->values,
              ElementsAre("[0]", "[0, 1]", "[]"));
  EXPECT_THAT(axis_from("clients={ per_core = 3, plus = 1 },50", of_run)->values,
              ElementsAre("{ per_core = 3, plus = 1 }", "50"));
  EXPECT_THAT(axis_from("db.delay=\"10ms\",'20ms'", of_run)->values,
              ElementsAre("\"10ms\"", "\"20ms\""));
}

TEST(Axis, WhatIsWrongIsSaid) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"db.dlay=10ms", "no knob"},          {"db.delay", "no KNOB=VALUE"},
      {"=10ms", "no KNOB=VALUE"},           {"db.delay=", "empty"},
      {"db.delay=10ms,,20ms", "empty"},     {"db.delay=10ms,2h", "from 0s to 1h"},
      {"db.delay=20ms,0.02s", "20ms twice"}};
  for (const auto& [text, what] : wrong) {
    const auto axis = axis_from(text, of_run);
    ASSERT_FALSE(axis) << text;
    EXPECT_EQ(axis.error().kind, ErrorKind::usage);
    EXPECT_THAT(axis.error().what, HasSubstr("--vary " + text));
    EXPECT_THAT(axis.error().what, HasSubstr(what));
  }
  EXPECT_THAT(axis_from("db.dlay=10ms", of_run).error().help, HasSubstr("db.delay"));
}

TEST(Grid, HasEveryStackAtEverySetting) {
  const std::vector<record::Cell> stacks{{.stack = "a", .label = "a"},
                                         {.stack = "b", .label = "b"}};
  const auto axes = axes_from({"db.delay=10ms,20ms", "clients=50,100"});
  const auto cells = grid(stacks, axes);
  EXPECT_THAT(labels_of(cells),
              ElementsAre("a db.delay=10ms clients=50", "b db.delay=10ms clients=50",
                          "a db.delay=10ms clients=100", "b db.delay=10ms clients=100",
                          "a db.delay=20ms clients=50", "b db.delay=20ms clients=50",
                          "a db.delay=20ms clients=100", "b db.delay=20ms clients=100"));
  EXPECT_EQ(cells[1].stack, "b");
  EXPECT_EQ(cells[1].role, record::Role::grid_step);
  EXPECT_EQ(cells[1].knobs, (record::Pairs{{"db.delay", "\"10ms\""}, {"clients", "50"}}));
  EXPECT_EQ(cells[3].knobs, (record::Pairs{{"db.delay", "\"10ms\""}}))
      << "100 clients are the scenario's own";
  EXPECT_EQ(name_of(cells[1]), "b");
  for (std::size_t i = 0; i < cells.size(); ++i)
    EXPECT_EQ(has_baseline_setting(cells[i], axes), i >= 6) << i;
}

TEST(Grid, WithoutAxesIsWhatWasAskedFor) {
  const std::vector<record::Cell> stacks{{.stack = "a", .label = "a"}};
  const auto cells = grid(stacks, {});
  EXPECT_THAT(labels_of(cells), ElementsAre("a"));
  EXPECT_EQ(cells[0].role, record::Role::asked);
  EXPECT_TRUE(has_baseline_setting(cells[0], {}));
  EXPECT_EQ(name_of(cells[0]), "a");
}

TEST(Grid, ACellIsHeldAgainstTheBaselinesStackAtItsSetting) {
  const std::vector<record::Cell> stacks{
      {.stack = "a", .label = "a"}, {.stack = "b", .label = "b"}, {.stack = "c", .label = "c"}};
  auto cells = grid(stacks, axes_from({"db.delay=10ms,20ms"}));
  cells.push_back(double_of(cells[4]));
  const std::size_t baseline = 4;  // b at 20ms
  const std::vector<std::size_t> expected{1, 4, 1, 4, 4, 4, 4};
  for (std::size_t i = 0; i < cells.size(); ++i) EXPECT_EQ(beside(cells, baseline, i), expected[i]);
  EXPECT_EQ(beside(stacks, 2, 0), 2U) << "without a grid, against the baseline";
}

TEST(Grid, WithoutTheScenariosOwnValueTheBaselineHasTheFirst) {
  const std::vector<record::Cell> stacks{{.stack = "a", .label = "a"}};
  const auto axes = axes_from({"db.delay=10ms,40ms"});
  const auto cells = grid(stacks, axes);
  EXPECT_TRUE(has_baseline_setting(cells[0], axes));
  EXPECT_FALSE(has_baseline_setting(cells[1], axes));
}

TEST(Grid, AValueIsTheCellsOwnOrTheRuns) {
  const record::Manifest manifest{.knobs = {{"clients", "100"}, {"db.delay", "\"20ms\""}}};
  const record::Cell cell{.knobs = {{"clients", "50"}}};
  EXPECT_EQ(value_of(manifest, cell, "clients"), "50");
  EXPECT_EQ(value_of(manifest, cell, "db.delay"), "\"20ms\"");
  EXPECT_EQ(value_of(manifest, cell, "listen_backlog"), "");
}

TEST(Grid, AStackHasOneNameAtAllSettings) {
  EXPECT_EQ(name_of({.stack = "a", .vintage = "2020", .label = "a db.delay=1ms"}), "a");
  EXPECT_EQ(name_of({.stack = "a", .vintage = "2020", .label = "a@2020 db.delay=1ms"}), "a@2020");
}

TEST(Grid, ALabelCanBeTyped) {
  EXPECT_EQ(setting_text({{"workers.sync", "7"}}), "workers=7");
  EXPECT_EQ(setting_text({{"cpus.app", "[0, 1]"}, {"arrival.rate", "\"100/s\""}}),
            "cpus.app=[0,1] arrival.rate=100/s");
}

TEST(Looks, OneServesAllThatDifferInWhatItDoesNotSee) {
  std::vector<record::Cell> cells{{.stack = "a", .vintage = "2026", .workers = 7, .label = "a"}};
  cells = grid(cells, axes_from({"db.delay=10ms,20ms", "clients=50,100"}));
  cells.push_back(double_of(cells[3]));
  EXPECT_THAT(first_alike(cells), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_EQ(looks(cells), 1U);
  cells[1].workers = 8;
  cells[2].vintage = "2020";
  cells[3].knobs.emplace_back("pooler.enabled", "false");
  EXPECT_THAT(first_alike(cells), ElementsAre(0, 1, 2, 3, 0));
  cells[4].stack = "b";
  EXPECT_EQ(looks(cells), 5U);
}

TEST(Cells, TheDoubleIsTheBaselineUnderAnotherLabel) {
  const record::Cell own{.stack = "flask-gunicorn",
                         .workers = 7,
                         .label = "flask-gunicorn@2020",
                         .knobs = {{"db.delay", "\"1ms\""}}};
  const record::Cell again = double_of(own);
  EXPECT_EQ(again.label, "flask-gunicorn@2020 (again)");
  EXPECT_EQ(again.role, record::Role::baseline_double);
  EXPECT_EQ(again.stack, own.stack);
  EXPECT_EQ(again.workers, 7);
  EXPECT_EQ(again.knobs, own.knobs);
}

}  // namespace
}  // namespace unrig::plan
