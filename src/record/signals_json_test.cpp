#include <gtest/gtest.h>

#include "record/json.h"

namespace unrig::record {
namespace {

Trial observed() {
  Trial trial;
  trial.conditions = {.sees_server = false,
                      .open_loop = true,
                      .clients = 7,
                      .sessions = 3,
                      .delay_us = 20'000,
                      .cores = 2,
                      .concurrency = scenario::Concurrency::async_greenlet};
  trial.events = {.ready_sent = 5,
                  .ready_answered = 3,
                  .mishaps = {{.reason = "the pooler ended", .who = {Component::pooler}},
                              {.reason = "the app ended", .from_outside = false}},
                  .late_generator = "late",
                  .away_generator = "away",
                  .sample_failure = "HTTP/1.1 500"};
  Signals& signals = trial.signals;
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
  return trial;
}

/// What is read of the trial that is written so.
Trial read(const Json& json) {
  const auto trial = trial_from_json(json.dump());
  EXPECT_TRUE(trial) << trial.error().what;
  return trial.value_or(Trial{});
}

TEST(SignalsJson, EachIsAValueOrNullWithItsReason) {
  const Json json = to_json(observed()).at("signals");
  EXPECT_EQ(json.at("app").at("cpu_seconds"), 4.5);
  EXPECT_TRUE(json.at("app").at("queue_wait_seconds").is_null());
  EXPECT_EQ(json.at("app").at("not_checked").at("queue_wait_seconds"), "the kernel does not tell");
  EXPECT_FALSE(json.at("app").at("not_checked").contains("cpu_seconds"));
  EXPECT_EQ(json.at("load").at("threads"), 1);
  EXPECT_EQ(json.at("database").at("sessions_active_mean"), 6.5);
  EXPECT_EQ(json.at("machine").at("foreign"), 0);
  EXPECT_FALSE(json.contains("proxy")) << "the scenario leaves it out";
}

TEST(SignalsJson, StandWithThePartThatTheyAreOf) {
  Trial trial = observed();
  trial.signals.processes[Component::app].queue = {.mean = 2.5, .most = 8, .limit = 128};
  trial.signals.doing.polling = 6.5;
  trial.signals.census.threads = 9;
  trial.signals.growth.memory = -4096;
  trial.signals.activity.asleep = 40.0;
  trial.signals.machine.time_wait = 900;
  const Json json = to_json(trial).at("signals");
  EXPECT_EQ(json.at("app").at("listen_queue_most"), 8);
  EXPECT_EQ(json.at("app").at("threads_polling"), 6.5);
  EXPECT_EQ(json.at("app").at("threads_most"), 9);
  EXPECT_EQ(json.at("app").at("memory_grown_bytes"), -4096);
  EXPECT_EQ(json.at("app").at("not_checked").at("processes_most"), "nobody looked");
  EXPECT_EQ(json.at("database").at("sessions_asleep_mean"), 40);
  EXPECT_FALSE(json.at("database").contains("listen_queue_most"))
      << "the load does not reach it so";
  EXPECT_FALSE(json.at("load").contains("threads_polling"));
  EXPECT_EQ(json.at("machine").at("time_wait"), 900);
  EXPECT_EQ(read(to_json(trial)).signals, trial.signals);
}

TEST(SignalsJson, StandInTheirOrder) {
  const auto keys = [](const Json& object) {
    std::string names;
    for (const auto& [name, value] : object.items()) names += name + " ";
    return names;
  };
  const Json json = to_json(observed()).at("signals");
  EXPECT_EQ(keys(json), "load app database machine ");
  EXPECT_EQ(keys(json.at("database")),
            "cpu_seconds queue_wait_seconds busiest_thread busiest_thread_wait times_scheduled "
            "throttled_seconds memory_bytes quota_used_up sessions_max sessions_mean "
            "sessions_active_mean "
            "clients_waiting_mean pooler_silence_seconds pooler_query_seconds pooler_wait_seconds "
            "sessions_asleep_mean sessions_working_mean sessions_locked_mean sessions_io_mean "
            "sessions_idle_in_transaction_mean sessions_looks sessions_asleep_p80 not_checked "
            "sessions_cut_short ");
  EXPECT_EQ(keys(json.at("load").at("not_checked")),
            "queue_wait_seconds busiest_thread busiest_thread_wait times_scheduled "
            "throttled_seconds memory_bytes switched_off longest_stall_seconds ");
}

TEST(SignalsJson, WhatNobodyLookedAtGetsAReason) {
  Trial trial = observed();
  trial.signals.explain_unread("it is switched off");
  const Signals& signals = trial.signals;
  EXPECT_EQ(signals.of(Component::app)->busiest_thread.why(), "it is switched off");
  EXPECT_EQ(signals.machine.busiest_core.why(), "it is switched off");
  EXPECT_EQ(signals.doing.running.why(), "it is switched off");
  EXPECT_EQ(signals.of(Component::app)->queue_wait_seconds.why(), "the kernel does not tell");
  EXPECT_EQ(signals.of(Component::app)->cpu_seconds.value(), 4.5);
}

TEST(SignalsJson, SurvivesTheWayThroughItsText) {
  const Trial trial = observed();
  const Trial kept = read(to_json(trial));
  EXPECT_EQ(kept.signals, trial.signals);
  EXPECT_EQ(kept.conditions, trial.conditions);
  EXPECT_EQ(kept.events, trial.events);
  EXPECT_EQ(to_json(trial).at("conditions").at("loop"), "open");
}

TEST(SignalsJson, RecordsOfEarlierVersionsHaveNone) {
  Json json = to_json(Trial{});
  for (const char* key : {"conditions", "events", "signals"}) {
    EXPECT_TRUE(json.at(key).is_null()) << key;
    json.erase(key);
  }
  const Trial earlier = read(json);
  EXPECT_FALSE(earlier.conditions);
  EXPECT_EQ(earlier.events, Events{});
  EXPECT_EQ(earlier.signals, Signals{});
}

TEST(SignalsJson, WhatALaterVersionAddedNobodyLookedAt) {
  Json json = to_json(observed());
  json.at("signals").at("app").erase("times_scheduled");
  json.at("signals")["elsewhere"] = json.at("signals").at("app");
  const Trial kept = read(json);
  EXPECT_EQ(kept.signals.of(Component::app)->times_scheduled.why(), "nobody looked");
  EXPECT_EQ(kept.signals.processes.size(), 3U) << "a component that nobody knows is passed over";
}

TEST(SignalsJson, AnErrorNamesTheKeyThatIsWrong) {
  const auto complaint = [](const char* pointer, const Json& value) {
    Json json = to_json(observed());
    json.at(Json::json_pointer(pointer)) = value;
    const auto read = trial_from_json(json.dump());
    return read ? "" : read.error().what;
  };
  EXPECT_EQ(complaint("/signals/app/cpu_seconds", "4.5"),
            "of a stored trial, signals.app.cpu_seconds is no number");
  EXPECT_EQ(complaint("/signals/machine/not_checked", nullptr),
            "of a stored trial, signals.machine.not_checked is no object");
  EXPECT_EQ(complaint("/events/mishaps/0/who/0", "client"),
            "of a stored trial, events.mishaps[0].who[0] is none of the words that it can be");
  EXPECT_EQ(complaint("/conditions/loop", "ajar"),
            "of a stored trial, conditions.loop is none of the words that it can be");
}

}  // namespace
}  // namespace unrig::record
