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
  outcome.generator.threads = 2;
  EXPECT_TRUE(judge({}, outcome).valid());
}

TEST(Verdict, LateGeneratorOfAClosedLoopWithThinkTimes) {
  Outcome outcome = good();
  outcome.issue_delay.record(20ms);
  EXPECT_THAT(judge({}, outcome).reasons, ElementsAre(HasSubstr("P99 20.0 ms of 50.0")));
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // there it may be a wait for a connection
}

TEST(Verdict, LateGeneratorOfAnOpenLoop) {
  Outcome outcome = good();
  for (int i = 0; i < 98; ++i) outcome.lateness.record(1us);
  outcome.lateness.record(4ms);
  outcome.lateness.record(4ms);
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // 4 ms is less than a tenth of 50 ms
  outcome.lateness.record(20ms, 2);
  EXPECT_THAT(judge(open_plan(), outcome).reasons, ElementsAre(HasSubstr("P99 20.0 ms of 50.0")));
  outcome.lateness = {};
  outcome.lateness.record(900us);
  outcome.response = {};
  outcome.response.record(1ms);
  EXPECT_TRUE(judge(open_plan(), outcome).valid());  // less than 1 ms is never late
}

}  // namespace
}  // namespace unrig::load
