#include "record/signals.h"

#include <gtest/gtest.h>

#include "record/signals_json.h"

namespace unrig::record {
namespace {

TEST(Signals, WhatNobodyLookedAtIsNotZero) {
  const Reading<double> reading;
  EXPECT_FALSE(reading);
  EXPECT_EQ(reading.why(), "nobody looked");
  EXPECT_EQ(reading.value_or(7), 7);
  EXPECT_TRUE(Reading<double>(0)) << "0 is a value";
  EXPECT_EQ(Reading<double>(0).why(), "");
  EXPECT_NE(Reading<double>(0), Reading<double>::not_checked("hidden"));
}

TEST(Signals, ComponentsAreKnownByTheirNames) {
  for (const Component component : all_components) {
    EXPECT_EQ(component_from(to_text(component)), component);
  }
  EXPECT_FALSE(component_from("client"));
}

Signals some_signals() {
  Signals signals;
  signals.processes[Component::load].cpu_seconds = 0.5;
  signals.processes[Component::app] = {
      .cpu_seconds = 4.5,
      .queue_wait_seconds = Reading<double>::not_checked("the kernel does not tell"),
      .times_scheduled = 12,
      .memory_bytes = 1 << 20};
  signals.processes[Component::database];
  signals.generator = {.threads = 1, .issue_delay_share = 0.01};
  signals.sessions = {.most = 7, .active_mean = 6.5, .cut_short = "silent"};
  signals.machine = {.busy = 0.9, .foreign = 0.0, .foreign_name = "sshd", .listen_overflows = 3};
  return signals;
}

TEST(SignalsJson, EachIsAValueOrNullWithItsReason) {
  const Json json = to_json(some_signals());
  EXPECT_EQ(json.at("app").at("cpu_seconds"), 4.5);
  EXPECT_TRUE(json.at("app").at("queue_wait_seconds").is_null());
  EXPECT_EQ(json.at("app").at("not_checked").at("queue_wait_seconds"), "the kernel does not tell");
  EXPECT_FALSE(json.at("app").at("not_checked").contains("cpu_seconds"));
  EXPECT_EQ(json.at("load").at("threads"), 1);
  EXPECT_EQ(json.at("database").at("sessions_active_mean"), 6.5);
  EXPECT_EQ(json.at("machine").at("foreign"), 0);
  EXPECT_FALSE(json.contains("proxy")) << "the scenario leaves it out";
}

TEST(SignalsJson, SurvivesTheWayThroughItsText) {
  const Signals signals = some_signals();
  EXPECT_EQ(signals_from_json(Json::parse(to_json(signals).dump())), signals);
  EXPECT_TRUE(to_json(Signals{}).is_null()) << "an earlier version's";
  EXPECT_EQ(signals_from_json(nullptr), Signals{});
}

TEST(SignalsJson, WhatALaterVersionAddedNobodyLookedAt) {
  Json json = to_json(some_signals());
  json.at("app").erase("times_scheduled");
  EXPECT_EQ(signals_from_json(json).of(Component::app)->times_scheduled.why(), "nobody looked");
  json["elsewhere"] = json.at("app");
  EXPECT_THROW((void)signals_from_json(json), Json::exception);
}

TEST(SignalsJson, ConditionsAndEventsAreKept) {
  const std::optional<Conditions> conditions =
      Conditions{.sees_server = false,
                 .open_loop = true,
                 .clients = 7,
                 .sessions = 3,
                 .delay_us = 20'000,
                 .cores = 2,
                 .concurrency = scenario::Concurrency::async_greenlet};
  EXPECT_EQ(conditions_from_json(to_json(conditions)), conditions);
  EXPECT_EQ(to_json(conditions).at("loop"), "open");
  EXPECT_FALSE(conditions_from_json(nullptr));
  const Events events{.ready_sent = 5,
                      .ready_answered = 3,
                      .mishaps = {{.reason = "the pooler ended", .who = {Component::pooler}},
                                  {.reason = "the app ended", .from_outside = false}},
                      .late_generator = "late",
                      .away_generator = "away",
                      .sample_failure = "HTTP/1.1 500"};
  EXPECT_EQ(events_from_json(to_json(events)), events);
  EXPECT_EQ(events_from_json(nullptr), Events{});
}

}  // namespace
}  // namespace unrig::record
