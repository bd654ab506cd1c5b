#include "trial/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial/limiter.h"

namespace unrig::trial {
namespace {

using tally::Failure;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// 1,000 requests in 5 s, all answered, 3 more to see that the stack is ready.
record::Trial good_trial() {
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 1000, .issued = 1000, .dropped = 0, .completed = 1000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 5;
  trial.throughput_per_s = 200;
  trial.db.rows_read = 1003;
  trial.conditions = record::Conditions{.clients = 100, .sessions = 100, .cores = 2};
  trial.events = {.ready_sent = 3, .ready_answered = 3};
  return trial;
}
void set_generator_cpu(record::Trial& trial, Duration used) {
  trial.signals.processes[record::Component::load].cpu_seconds = seconds(used);
}

void fail_some(record::Trial& trial, Failure failure, std::uint64_t n) {
  trial.total.failed_by[static_cast<std::size_t>(failure)] = n;
  trial.total.completed -= n;
}

std::string only_reason(const record::Trial& trial) {
  EXPECT_EQ(trial.verdict.reasons.size(), 1u);
  EXPECT_FALSE(trial.verdict.valid);
  return trial.verdict.reasons.empty() ? "" : trial.verdict.reasons.front();
}

TEST(Judge, AGoodTrialIsValid) {
  record::Trial trial = good_trial();
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
  EXPECT_TRUE(trial.verdict.reasons.empty());
}

TEST(Judge, OneWrongBodyIsOneTooMany) {
  record::Trial trial = good_trial();
  fail_some(trial, Failure::wrong_body, 1);
  trial.events.sample_failure = "HTTP/1.1 200 OK \x1b[2J";
  judge(trial);
  const std::string reason = only_reason(trial);
  EXPECT_THAT(reason, HasSubstr("1 of 1000 requests failed (1 wrong_body)"));
  EXPECT_THAT(reason, HasSubstr("\\x1b[2J"));
}

TEST(Judge, LostConnectionsCountFromHalfAPercentOn) {
  record::Trial few = good_trial();
  fail_some(few, Failure::reset, 5);
  judge(few);
  EXPECT_TRUE(few.verdict.valid);
  record::Trial many = good_trial();
  fail_some(many, Failure::reset, 6);
  judge(many);
  EXPECT_THAT(only_reason(many), HasSubstr("6 reset"));
}

TEST(Judge, TheDatabaseMustHaveSeenEveryRequestOnce) {
  for (const std::uint64_t rows : {1002ul, 1004ul, 0ul}) {
    record::Trial trial = good_trial();
    trial.db.rows_read = rows;
    judge(trial);
    EXPECT_THAT(only_reason(trial), HasSubstr("expected 1003"));
  }
  record::Trial lost = good_trial();  // a lost request may have reached the database or not
  fail_some(lost, Failure::reset, 2);
  lost.db.rows_read = 1001;
  judge(lost);
  EXPECT_TRUE(lost.verdict.valid);
}

TEST(Judge, ARequestThatWasSentAgainMayHaveArrivedTwice) {
  for (const std::uint64_t rows : {1003ul, 1005ul}) {
    record::Trial trial = good_trial();
    trial.resent = 2;
    trial.db.rows_read = rows;
    judge(trial);
    EXPECT_TRUE(trial.verdict.valid) << rows;
  }
  for (const std::uint64_t rows : {1002ul, 1006ul}) {
    record::Trial trial = good_trial();
    trial.resent = 2;
    trial.db.rows_read = rows;
    judge(trial);
    EXPECT_THAT(only_reason(trial), HasSubstr("expected 1003 to 1005"));
  }
}

TEST(Judge, AnAnswerToHalfARequestIsOneTooMany) {
  record::Trial trial = good_trial();
  trial.early_answers = 1;
  judge(trial);
  EXPECT_EQ(only_reason(trial), "1 answers came before their requests had arrived completely");
}

TEST(Judge, OwnRequestsThatWereSentButNotAnsweredMayHaveReadARow) {
  for (const std::uint64_t rows : {1003ul, 1004ul, 1005ul}) {
    record::Trial trial = good_trial();
    trial.db.rows_read = rows;
    trial.events.ready_sent = 5;
    judge(trial);
    EXPECT_TRUE(trial.verdict.valid) << rows;
  }
  record::Trial trial = good_trial();
  trial.db.rows_read = 1006;
  trial.events.ready_sent = 5;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("1006 times, expected 1003 to 1005"));
}

TEST(Judge, OtherWorkIsTheStacksDoingWhateverTheMachineDid) {
  record::Trial trial = good_trial();
  trial.conditions->delay_us = 20'000;
  trial.conditions->concurrency = scenario::Concurrency::async_coroutine;
  trial.service_us.min = 900;
  trial.disturbance.steal = 0.1;
  judge(trial);
  EXPECT_THAT(trial.verdict.reasons.front(), HasSubstr("its query alone takes 20 ms"));
  EXPECT_FALSE(trial.verdict.disturbed) << "another try would say the same";
  EXPECT_FALSE(trial.verdict.mishap);
}

TEST(Judge, AClockThatWasSetIsAMishap) {
  record::Trial trial = good_trial();
  trial.signals.machine.clock_set_seconds = 0.5;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("the machine's clock was set by 0.5 s"));
  EXPECT_TRUE(trial.verdict.mishap);
  record::Trial elsewhere = good_trial();
  elsewhere.conditions->sees_server = false;
  elsewhere.signals.machine.clock_set_seconds = 0.5;
  judge(elsewhere);
  EXPECT_TRUE(elsewhere.verdict.valid) << "its server has another clock";
}

TEST(Judge, WhatCouldNotBeCountedIsNoMatch) {
  record::Trial trial = good_trial();
  trial.db.rows_read.reset();
  trial.could_not_read(std::string(counters_figure), "the database is gone");
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("could not be read: the database is gone"));
}

TEST(Judge, CountsThatDoNotAddUpAreAFaultOfUnrigs) {
  record::Trial trial = good_trial();
  ++trial.total.issued;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("internal: the counts do not add up: 1000 scheduled, "
                                            "1001 issued"));
  record::Trial window = good_trial();
  --window.window.scheduled;
  judge(window);
  EXPECT_THAT(only_reason(window), HasSubstr("internal"));
}

TEST(Judge, AMishapIsTheReasonAndExplainsTheFailures) {
  record::Trial trial = good_trial();
  fail_some(trial, Failure::wrong_status, 400);
  trial.events.mishaps = {{.reason = "the proxy ended"}};
  judge(trial);
  EXPECT_EQ(trial.verdict.reasons.front(), "the proxy ended");
  EXPECT_TRUE(trial.verdict.mishap) << "worth another try";
  EXPECT_FALSE(trial.verdict.disturbed) << "it never counts";
  record::Trial own = good_trial();
  own.events.mishaps = {{.reason = "the proxy ended"},
                        {.reason = "the app ended", .from_outside = false}};
  judge(own);
  EXPECT_FALSE(own.verdict.valid);
  EXPECT_FALSE(own.verdict.mishap) << "a stack that ends itself is not worth another try";
}

TEST(Judge, AGeneratorThatWasAwayMeasuredNothing) {
  record::Trial trial = good_trial();
  trial.events.away_generator = "the load generator did not look";
  judge(trial);
  EXPECT_EQ(only_reason(trial), "the load generator did not look");
  EXPECT_TRUE(trial.verdict.mishap);
  record::Trial busy = good_trial();
  busy.events = trial.events;
  busy.disturbance.foreign = 0.5;
  judge(busy);
  EXPECT_EQ(busy.verdict.reasons.size(), 2u);
  EXPECT_TRUE(busy.verdict.disturbed) << "others had its core";
  EXPECT_FALSE(busy.verdict.mishap);
  record::Trial stopped = good_trial();
  stopped.disturbance.foreign = 0.5;
  stopped.events = trial.events;
  stopped.events.mishaps = {{.reason = "unrig was stopped"}};
  judge(stopped);
  EXPECT_FALSE(stopped.verdict.disturbed) << "a stop never counts, whoever else was there";
  EXPECT_TRUE(stopped.verdict.mishap);
  record::Trial slept = good_trial();
  slept.disturbance.suspended_seconds = 30;
  judge(slept);
  EXPECT_EQ(only_reason(slept), "the machine slept for 30.00 s while it was measured");
}

TEST(Judge, TheMachineIsWatchedWhileItIsLoaded) {
  record::Trial trial = good_trial();
  trial.signals.machine.watch_shift_seconds = 0.5;
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
  trial.signals.machine.watch_shift_seconds = 0.8;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("watched 0.80 s beside"));
  EXPECT_TRUE(trial.verdict.mishap);
}

TEST(Judge, TheGeneratorMustNotBeTheLimit) {
  record::Trial trial = good_trial();
  set_generator_cpu(trial, 4600ms);
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("92 % of its core"));
  record::Trial delayed = good_trial();  // whatever it delayed follows from that
  set_generator_cpu(delayed, 4600ms);
  delayed.events.late_generator = "the load generator was late";
  delayed.events.away_generator = "the load generator did not look";
  judge(delayed);
  EXPECT_THAT(only_reason(delayed), HasSubstr("92 % of its core"));
  EXPECT_FALSE(delayed.verdict.mishap) << "another try would end alike";
}

TEST(Judge, AnOpenLoopMustBeOnTimeAndServed) {
  record::Trial late = good_trial();
  late.offered_per_s = 200;
  late.response_us.p99 = 10'000;
  late.conditions->open_loop = true;
  late.events.late_generator = "the load generator was late";
  judge(late);
  EXPECT_EQ(only_reason(late), "the load generator was late");
  record::Trial slow = good_trial();
  slow.offered_per_s = 220;
  slow.conditions->open_loop = true;
  judge(slow);
  EXPECT_THAT(only_reason(slow), HasSubstr("200/s of the offered 220/s"));
}

TEST(Judge, AClosedLoopMustBeOnTimeToo) {
  record::Trial trial = good_trial();
  trial.events.late_generator = "the load generator was late";
  judge(trial);
  EXPECT_EQ(only_reason(trial), trial.events.late_generator);
}

TEST(Judge, WaitingForAConnectionAndSpinningAreNoFaultsOfAnOpenLoopsGenerator) {
  record::Trial trial = good_trial();
  trial.offered_per_s = 200;
  trial.issue_delay_us.p99 = 5000;
  trial.response_us.p99 = 9000;
  trial.conditions->open_loop = true;
  set_generator_cpu(trial, 5s);
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
  EXPECT_NE(find_limiter(trial).name, "load generator");
}

TEST(Judge, DisturbanceAndLostConnectionsCount) {
  record::Trial trial = good_trial();
  trial.disturbance = {.machine_busy = 0.5, .steal = 0.02, .listen_overflows = 1};
  trial.unasked_bytes = 1;
  judge(trial);
  EXPECT_EQ(trial.verdict.reasons.size(), 3u);
}

TEST(Judge, OnlyWhatCameFromOutsideIsWorthAnotherTry) {
  record::Trial stolen = good_trial();
  stolen.disturbance.steal = 0.02;
  judge(stolen);
  EXPECT_FALSE(stolen.verdict.valid);
  EXPECT_TRUE(stolen.verdict.disturbed);
  record::Trial wrong = good_trial();
  wrong.disturbance.steal = 0.02;
  fail_some(wrong, Failure::wrong_body, 1);
  judge(wrong);
  EXPECT_FALSE(wrong.verdict.disturbed);
}

TEST(Judge, OthersMayUseLittleOfTheMachine) {
  record::Trial quiet = good_trial();
  quiet.disturbance.foreign = 0.05;
  quiet.disturbance.unseen = 0.1;
  quiet.disturbance.frequency_change = -0.05;
  judge(quiet);
  EXPECT_TRUE(quiet.verdict.valid);

  record::Trial foreign = good_trial();
  foreign.disturbance.foreign = 0.06;
  foreign.disturbance.foreign_name = "ninja";
  judge(foreign);
  EXPECT_EQ(only_reason(foreign), "other programs used 6 % of the CPU time, most of it ninja");
  EXPECT_TRUE(foreign.verdict.disturbed);

  record::Trial unseen = good_trial();
  unseen.disturbance.unseen = 0.12;
  judge(unseen);
  EXPECT_EQ(only_reason(unseen), "12 % of the CPU time went to nobody in sight");
  EXPECT_TRUE(unseen.verdict.disturbed);

  record::Trial slower = good_trial();
  slower.disturbance.frequency_change = -0.2;
  judge(slower);
  EXPECT_EQ(only_reason(slower), "the cores' frequency changed by -20 %");
  EXPECT_TRUE(slower.verdict.disturbed);
}

/// Steps of 5 s after a warm-up of 1 s whose throughput doubles in the middle.
record::Trial unsteady_trial() {
  record::Trial trial = good_trial();
  trial.warmup_seconds = 1;
  for (std::uint64_t i = 0; i < 60; ++i) {
    trial.steps.push_back({.completed = (i < 35 ? 13u : 26u) + i % 2, .mean_response_us = 1000});
  }
  return trial;
}

TEST(Judge, WithoutASteadyStateThereIsNoMeasurement) {
  record::Trial trial = unsteady_trial();
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("throughput rose by"));
  EXPECT_THAT(only_reason(trial), HasSubstr("at second 2.5: no steady state"));
  EXPECT_TRUE(trial.verdict.unsteady);
  EXPECT_FALSE(trial.verdict.disturbed);
  EXPECT_FALSE(trial.steady_state.steady);
}

TEST(Judge, WhatDisturbedATrialIsTheReasonForItsUnsteadiness) {
  record::Trial trial = unsteady_trial();
  trial.disturbance.steal = 0.02;
  judge(trial);
  EXPECT_EQ(trial.verdict.reasons.size(), 2u);
  EXPECT_TRUE(trial.verdict.disturbed);
  EXPECT_FALSE(trial.verdict.unsteady);
}

TEST(Judge, NothingAnsweredIsNoMeasurement) {
  record::Trial trial = good_trial();
  fail_some(trial, Failure::refused, 1000);
  trial.window = trial.total;
  trial.db.rows_read = 3;
  judge(trial);
  EXPECT_EQ(trial.verdict.reasons.size(), 2u);
}

TEST(Judge, AWrongAnswerOfAnyKindIsOneTooMany) {
  for (const Failure failure : {Failure::wrong_body, Failure::wrong_status, Failure::malformed}) {
    record::Trial trial = good_trial();
    fail_some(trial, failure, 1);
    judge(trial);
    EXPECT_THAT(only_reason(trial), HasSubstr("1 of 1000 requests failed"));
    EXPECT_THAT(trial.verdict.reasons.front(), ::testing::Not(HasSubstr("one answer began")));
  }
}

TEST(Judge, WrongAnswersOfTwoKindsAreNoFewer) {
  record::Trial trial = good_trial();
  fail_some(trial, Failure::wrong_body, 1);
  fail_some(trial, Failure::wrong_status, 1);
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("2 of 1000 requests failed"));
}

TEST(Judge, WhatWasDroppedOrNotAskedForIsNamed) {
  record::Trial dropped = good_trial();
  dropped.total.scheduled += 1;
  dropped.total.dropped = 1;
  judge(dropped);
  EXPECT_EQ(only_reason(dropped), "1 requests were dropped: no connection became free");
  record::Trial unasked = good_trial();
  unasked.unasked_bytes = 1;
  judge(unasked);
  EXPECT_EQ(only_reason(unasked), "1 connections delivered bytes that nobody had asked for");
  record::Trial overflowed = good_trial();
  overflowed.disturbance.listen_overflows = 1;
  judge(overflowed);
  EXPECT_EQ(only_reason(overflowed), "1 connections found a full listen queue");
}

TEST(Judge, RowsThatNobodyCountsAreNotMissed) {
  record::Trial trial = good_trial();
  trial.db.rows_read.reset();
  trial.conditions->sees_server = false;
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
}

TEST(Judge, RowsThatAreMadeUpAreReadByNobody) {
  record::Trial trial = good_trial();
  trial.conditions->asks_database = false;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("times, expected 0"));
  trial = good_trial();
  trial.conditions->asks_database = false;
  trial.db.rows_read = 0;
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
}

TEST(Judge, OfWhatIsOfferedTwoPercentMayBeMissing) {
  record::Trial trial = good_trial();
  trial.conditions->open_loop = true;
  trial.offered_per_s = 204;  // of which 98 % are 199.92
  judge(trial);
  EXPECT_TRUE(trial.verdict.valid);
  trial.offered_per_s = 205;
  judge(trial);
  EXPECT_THAT(only_reason(trial), HasSubstr("200/s of the offered 205/s were served"));
  record::Trial closed = good_trial();
  closed.offered_per_s = 205;
  judge(closed);
  EXPECT_TRUE(closed.verdict.valid) << "a closed loop offers nothing";
}

TEST(Judge, AGeneratorUsesTheCoresOfItsThreads) {
  record::Trial trial = good_trial();
  EXPECT_EQ(generator_use(trial), 0) << "nobody looked";
  set_generator_cpu(trial, 2s);
  EXPECT_DOUBLE_EQ(generator_use(trial), 0.4);
  trial.signals.generator.threads = 2;
  EXPECT_DOUBLE_EQ(generator_use(trial), 0.2);
  trial.window_seconds = 0;
  EXPECT_EQ(generator_use(trial), 0);
  trial.window_seconds = 0.5;
  EXPECT_DOUBLE_EQ(generator_use(trial), 2);
}

}  // namespace
}  // namespace unrig::trial
