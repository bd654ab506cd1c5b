#include "chain/subject.h"

#include <gtest/gtest.h>

namespace unrig::chain {
namespace {

class SubjectTest : public ::testing::Test {
 protected:
  SubjectTest() {
    stack::StackSpec spec;
    spec.name = "flask-gunicorn";
    spec.vintages = {{.name = "2020"}, {.name = "2026"}};
    specs_.push_back(spec);
  }
  std::vector<stack::StackSpec> specs_;
};

TEST_F(SubjectTest, HasTheRunsSettingsButForItsOwnKnobs) {
  scenario::Scenario of_run;
  of_run.db_delay = std::chrono::milliseconds(7);
  of_run.clients = {.fixed = 12};
  const Subjects subjects(specs_, of_run);
  const auto subject = subjects.of({.stack = "flask-gunicorn",
                                    .vintage = "2020",
                                    .workers = 5,
                                    .label = "flask-gunicorn db.delay=40ms",
                                    .knobs = {{"db.delay", "\"40ms\""}}});
  ASSERT_TRUE(subject) << subject.error().what;
  EXPECT_EQ(subject->selection.spec, specs_.data());
  EXPECT_EQ(subject->selection.vintage, "2020");
  EXPECT_EQ(subject->scenario.db_delay, std::chrono::milliseconds(40));
  EXPECT_EQ(subject->scenario.clients.fixed, 12);
  EXPECT_EQ(subject->workers, 5);
  EXPECT_EQ(subject->label, "flask-gunicorn db.delay=40ms");
}

TEST_F(SubjectTest, WhatIsNotThereIsAnError) {
  const Subjects subjects(specs_, {});
  for (const record::Cell& cell :
       {record::Cell{.stack = "django", .vintage = "2026"},
        record::Cell{.stack = "flask-gunicorn", .vintage = "1999"},
        record::Cell{.stack = "flask-gunicorn", .vintage = "2026", .knobs = {{"db.dlay", "1"}}}}) {
    const auto subject = subjects.of(cell);
    ASSERT_FALSE(subject);
    EXPECT_EQ(subject.error().kind, ErrorKind::usage);
    EXPECT_FALSE(subject.error().what.contains("--set")) << "it stands in a record";
  }
}

TEST_F(SubjectTest, OfOnesOwnAsksForNoRowsAndNoDatabase) {
  specs_.front().own = stack::OwnRequest{};
  scenario::Scenario of_run;
  of_run.app_key = scenario::AppKey::request;
  of_run.db_connection = scenario::Connection::pooled;
  const auto subject =
      Subjects(specs_, of_run).of({.stack = "flask-gunicorn", .vintage = "2026", .workers = 5});
  ASSERT_TRUE(subject) << subject.error().what;
  EXPECT_EQ(subject->scenario.app_key, scenario::AppKey::own);
  EXPECT_EQ(subject->scenario.db_connection, scenario::Connection::none);
}

TEST(OwnApplication, KnowsNothingOfRowsAndDatabase) {
  for (const auto* knob : {"app.key", "db.delay", "db.sessions", "driver.hstore", "pooler.enabled"})
    EXPECT_TRUE(means_nothing_to_own(knob)) << knob;
  for (const auto* knob : {"clients", "workers.sync", "proxy.enabled", "machine.cpu"})
    EXPECT_FALSE(means_nothing_to_own(knob)) << knob;
}

}  // namespace
}  // namespace unrig::chain
