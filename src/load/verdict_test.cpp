#include "load/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Outcome good() {
  Outcome outcome;
  outcome.total.completed = outcome.window.completed = outcome.completed_in_window = 100;
  outcome.window_length = 10s;
  outcome.generator.cpu = 1s;
  for (int i = 0; i < 100; ++i) outcome.response.record(50ms);
  return outcome;
}

Plan open_plan() {
  Plan plan;
  plan.loop = OpenLoop{};
  return plan;
}

TEST(Verdict, GoodRunIsValid) {
  EXPECT_TRUE(judge({}, good()).valid());
  EXPECT_TRUE(judge(open_plan(), good()).valid());
}

TEST(Verdict, FailuresAreResults) {
  Outcome outcome = good();
  outcome.total.failed_by[static_cast<std::size_t>(Failure::timeout)] = 50;
  EXPECT_TRUE(judge({}, outcome).valid());
}

TEST(Verdict, NothingCompletedNamesTheCauses) {
  Outcome outcome;
  outcome.window_length = 10s;
  outcome.total.failed_by[static_cast<std::size_t>(Failure::timeout)] = 3;
  outcome.total.failed_by[static_cast<std::size_t>(Failure::refused)] = 200;
  EXPECT_THAT(
      judge({}, outcome).reasons,
      ElementsAre("no request was completed: 200 refused, 3 timeout; nobody listens there"));
  EXPECT_THAT(judge({}, outcome).advice, ElementsAre(HasSubstr("is the server running")));
}

TEST(Verdict, NothingCompletedIsNeverLateBesides) {
  Outcome outcome;
  outcome.window_length = 10s;
  outcome.total.failed_by[static_cast<std::size_t>(Failure::refused)] = 200;
  outcome.generator.cpu = 10s;
  outcome.lateness.record(1s, 200);
  outcome.issue_delay.record(1s, 200);
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("nobody listens")));
  EXPECT_THAT(judge(open_plan(), outcome).reasons, ElementsAre(HasSubstr("nobody listens")));
  EXPECT_THAT(judge(open_plan(), outcome).advice, ElementsAre(HasSubstr("server running")));
}

TEST(Verdict, NothingDueIsNoFaultOfTheServer) {
  Outcome outcome;
  outcome.window_length = 10s;
  EXPECT_THAT(judge(open_plan(), outcome).advice, ElementsAre(HasSubstr("higher rate")));
  outcome.total.scheduled = outcome.total.issued = outcome.total.unfinished = 1;
  EXPECT_THAT(judge({}, outcome).advice, ElementsAre(HasSubstr("stopped")));
}

TEST(Verdict, NothingAtAllIsSaidSo) {
  Outcome outcome;
  outcome.window_length = 10s;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre("no request was completed"));
}

TEST(Verdict, RefusedCertificateNamesTheOptions) {
  Outcome outcome;
  outcome.window_length = 10s;
  outcome.total.failed_by[static_cast<std::size_t>(Failure::unreachable)] = 3;
  EXPECT_THAT(judge({}, outcome).advice, testing::IsEmpty());
  Plan plan;
  plan.tls = Tls{};
  outcome.samples = {{Failure::unreachable, 0, "certificate: self-signed certificate"}};
  EXPECT_THAT(judge(plan, outcome).advice, ElementsAre(HasSubstr("--insecure")));
}

TEST(Verdict, NothingWithinTheWindow) {
  Outcome outcome = good();
  outcome.completed_in_window = 0;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("measurement window")));
}

TEST(Verdict, UnaskedBytes) {
  Outcome outcome = good();
  outcome.unasked_bytes = 7;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("7 connections")));
}

TEST(Verdict, AnswersBeforeTheWholeRequest) {
  Outcome outcome = good();
  outcome.early_answers = 7;
  EXPECT_TRUE(judge({}, outcome).valid());  // they failed: results
  outcome.early_completed = 5;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("5 answers came before")));
}

TEST(Verdict, SaturatedGeneratorOfAClosedLoop) {
  Outcome outcome = good();
  outcome.generator.cpu = 9'600ms;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("96 % of its core")));
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // there it may spin
  // Its turns are long then: that has no other cause.
  Outcome busy = outcome;
  busy.stalls.record(10ms, 900);
  EXPECT_EQ(judge({}, busy).reasons.size(), 1u);
  outcome.generator.threads = 2;
  EXPECT_TRUE(judge({}, outcome).valid());
}

TEST(Verdict, CoresThatItMayNotUseAreNoneOfIts) {
  Outcome outcome = good();
  outcome.generator.threads = 4;
  outcome.generator.cpu = 9'300ms;
  EXPECT_TRUE(judge({}, outcome).valid());
  outcome.generator.cores = 1;
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("93 % of its 4 cores")));
}

TEST(Verdict, GeneratorThatSharesItsCore) {
  Outcome outcome = good();
  outcome.generator.queue_wait = 7s;
  EXPECT_TRUE(judge({}, outcome).valid());
  outcome.generator.queue_wait = 8s;
  EXPECT_THAT(judge({}, outcome).reasons,
              ElementsAre("the load generator shared its core: it ran for 10 % of the time, and "
                          "waited for 80 %"));
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // there lateness tells
  outcome.stalls.record(1s);
  EXPECT_EQ(judge({}, outcome).reasons.size(), 2u);
  EXPECT_THAT(judge({}, outcome).advice, ElementsAre(HasSubstr("a core that neither")));
  outcome.generator.steal = 0.123;
  EXPECT_THAT(judge({}, outcome).advice, ElementsAre(HasSubstr("the hypervisor took 12.3 %")));
}

TEST(Verdict, QuotaThatHeldTheGeneratorBackIsNamed) {
  for (const Plan& plan : {Plan{}, open_plan()}) {
    Outcome outcome = good();
    outcome.generator.throttling = host::Throttling{1, 90ms};
    EXPECT_TRUE(judge(plan, outcome).valid());
    outcome.generator.throttling = host::Throttling{42, 5s};
    EXPECT_THAT(
        judge(plan, outcome).reasons,
        ElementsAre("a CPU quota held the load generator back: used up in 42 periods, 5.0 s "
                    "without a core"));
    outcome.stalls.record(1s);  // what it causes has its remedy
    EXPECT_EQ(judge(plan, outcome).reasons.size(), 2u);
    EXPECT_THAT(judge(plan, outcome).advice, ElementsAre(HasSubstr("cpu.max")));
  }
}

TEST(Verdict, LateGeneratorOfAClosedLoopWithThinkTimes) {
  Outcome outcome = good();
  outcome.issue_delay.record(1us, 95);
  outcome.issue_delay.record(20ms, 4);
  EXPECT_TRUE(judge({}, outcome).valid());
  outcome.issue_delay.record(20ms);
  EXPECT_THAT(judge({}, outcome).reasons,
              ElementsAre(HasSubstr("late: 5 of 100 requests by more than 5.0 ms")));
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // there it may be a wait for a connection
}

TEST(Verdict, LateGeneratorOfAnOpenLoop) {
  Outcome outcome = good();
  outcome.lateness.record(1us, 980);
  outcome.lateness.record(4ms, 20);
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // 4 ms is less than a tenth of 50 ms
  outcome.lateness.record(20ms, 17);
  EXPECT_THAT(judge(open_plan(), outcome).reasons, ElementsAre(HasSubstr("P99 20.0 ms of 50.0")));
  outcome.lateness = {};
  outcome.lateness.record(900us, 100);
  outcome.response = {};
  outcome.response.record(1ms, 100);
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // less than 1 ms is never late
}

TEST(Verdict, AFewLateOnesOfFewSayNothing) {
  // 100/s for 1 s and 5/s for 2 s: one or two late arrivals are no P99.
  for (const std::uint64_t all : {100u, 10u}) {
    Outcome outcome = good();
    outcome.response = {};
    outcome.response.record(500us, all);
    outcome.lateness.record(1us, all - 2);
    outcome.lateness.record(3ms, 2);
    EXPECT_TRUE(judge(open_plan(), outcome).valid()) << all;
    outcome.lateness.record(3ms, 5);
    const auto reasons = judge(open_plan(), outcome).reasons;
    EXPECT_THAT(reasons, ElementsAre(HasSubstr("7 of ")));
    EXPECT_THAT(reasons, ElementsAre(testing::Not(HasSubstr("P99"))));
  }
}

TEST(Verdict, AnswersReadLate) {
  for (const Plan& plan : {Plan{}, open_plan()}) {
    Outcome outcome = good();
    outcome.read_delay.record(0ns, 980);
    outcome.read_delay.record(4ms, 20);
    EXPECT_TRUE(judge(plan, outcome).valid());  // less than a tenth of 50 ms
    outcome.read_delay.record(6ms, 30);
    EXPECT_THAT(judge(plan, outcome).reasons, ElementsAre(HasSubstr("read answers late: 30 of")));
  }
}

TEST(Verdict, WhatWasNeverSentWasNotOffered) {
  Outcome outcome = good();
  outcome.window = {.scheduled = 10'000, .issued = 9'900, .dropped = 100, .completed = 9'900};
  EXPECT_TRUE(judge(open_plan(), outcome).valid());
  outcome.window.dropped = 101;
  EXPECT_THAT(judge(open_plan(), outcome).reasons,
              ElementsAre("101 of 10000 requests were never sent: no connection became free for "
                          "them"));
  EXPECT_THAT(judge(open_plan(), outcome).advice, ElementsAre(HasSubstr("less with --rate")));
}

TEST(Verdict, GeneratorThatIsBusyNeedsNoOthersToGoAway) {
  Outcome outcome = good();  // an open loop, whose long turns are its own work
  outcome.generator.cpu = 9'600ms;
  outcome.stalls.record(20ms, 50);
  EXPECT_THAT(judge(open_plan(), outcome).reasons, ElementsAre(HasSubstr("did not look at its")));
  EXPECT_THAT(judge(open_plan(), outcome).advice,
              ElementsAre(testing::AnyOf(HasSubstr("--threads"), HasSubstr("use less load"))));
}

TEST(Verdict, GeneratorThatDidNotLook) {
  Outcome outcome = good();
  outcome.stalls.record(4ms, 100);  // less than a tenth of a response
  outcome.stalls.record(90ms);
  EXPECT_TRUE(judge({}, outcome).valid());
  outcome.stalls.record(94ms);
  EXPECT_THAT(
      judge({}, outcome).reasons,
      ElementsAre(HasSubstr("did not look at its sockets for 184 ms of 10000 ms, 94.0 ms")));
  outcome.generator.threads = 2;
  outcome.generator.cpu = 1s;
  EXPECT_TRUE(judge({}, outcome).valid());  // it is one of two that did
}

}  // namespace
}  // namespace unrig::load
