/// \file
/// The bench of `unrig compare URL URL` against servers that do wrong on purpose.
#include "trial/url_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fault_server/fault_server.h"

namespace unrig::tests {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using trial::UrlTarget;

const SystemClock clock_;

UrlTarget target(int port) {
  UrlTarget target{.url = "http://127.0.0.1/", .plan = {}};
  target.plan.address = load::address_of(host::loopback(port));
  target.plan.loop = load::ClosedLoop{.clients = 2, .think_time = 1ms};
  return target;
}

struct Served {
  explicit Served(const Script& script)
      : server(FaultServer::start(script, clock_).value()), target(tests::target(server->port())) {}
  std::unique_ptr<FaultServer> server;
  UrlTarget target;
};

Result<record::Trial> slice(const UrlTarget& target, std::stop_token stop = {},
                            const trial::TimesResumed& times_resumed = {}) {
  trial::UrlBench bench({target}, clock_, 2, times_resumed);
  const record::Cell cell{.stack = target.url, .label = "A"};
  const plan::Phases phases{.warmup = 20ms, .duration = 200ms};
  return bench.run(cell, phases, {.block = 3, .position = 2, .seed = 7}, std::move(stop));
}

TEST(LearnAnswer, TakesTheBodyOfTwoEqualAnswers) {
  Served served({.body = "the answer"});
  const auto learnt = trial::learn_answer(served.target, clock_, {});
  ASSERT_TRUE(learnt) << learnt.error().what;
  EXPECT_EQ(served.target.plan.expected_body, "the answer");
  EXPECT_EQ(served.server->log().requests, 2u);
}

TEST(LearnAnswer, TakesABodyInChunksAndAnEmptyOne) {
  Served chunks({.fault = Fault::chunked});
  ASSERT_TRUE(trial::learn_answer(chunks.target, clock_, {}));
  EXPECT_EQ(chunks.target.plan.expected_body, Script{}.body);
  Served empty({.body = ""});
  ASSERT_TRUE(trial::learn_answer(empty.target, clock_, {}));
  EXPECT_EQ(empty.target.plan.expected_body, "");
}

TEST(LearnAnswer, NamesTheClassOfAFailure) {
  Served wrong({.fault = Fault::wrong_status});
  const auto status = trial::learn_answer(wrong.target, clock_, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::measurement);
  EXPECT_THAT(status.error().what,
              AllOf(HasSubstr("http://127.0.0.1/"), HasSubstr("wrong_status")));
  wrong.server.reset();
  const auto nobody = trial::learn_answer(wrong.target, clock_, {});
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().what, HasSubstr("refused"));
}

TEST(LearnAnswer, AnAnswerThatIsNeverTheSameCannotBeChecked) {
  Served served({.fault = Fault::wrong_body, .every = 2});
  const auto learnt = trial::learn_answer(served.target, clock_, {});
  ASSERT_FALSE(learnt);
  EXPECT_EQ(learnt.error().kind, ErrorKind::measurement);
  EXPECT_THAT(learnt.error().what, HasSubstr("differently"));
  EXPECT_THAT(learnt.error().help, HasSubstr("--expect-json"));
}

TEST(LearnAnswer, AnAnswerThatChangesIsCheckedByWhatIsExpectedOfIt) {
  Served served({.fault = Fault::wrong_body, .every = 2});
  served.target.plan.expect.length = http::LengthRange{0, 1000};
  const auto learnt = trial::learn_answer(served.target, clock_, {});
  ASSERT_TRUE(learnt) << learnt.error().what;
  EXPECT_FALSE(served.target.plan.expected_body);
  served.target.plan.expect = {.members = {http::parse_member("user.id=7").value()}};
  const auto refused = trial::learn_answer(served.target, clock_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::measurement);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("wrong_body"), HasSubstr("HTTP/1.1 200"),
                                          HasSubstr("no JSON: byte")));
  EXPECT_THAT(refused.error().help, HasSubstr("--expect-json"));
}

TEST(LearnAnswer, LeavesAnExpectedBodyAsItIs) {
  Served served({.body = "the answer"});
  served.target.plan.expected_body = "the answer";
  EXPECT_TRUE(trial::learn_answer(served.target, clock_, {}));
  served.target.plan.expected_body = "another";
  const auto other = trial::learn_answer(served.target, clock_, {});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("wrong_body"));
}

TEST(UrlBench, ASliceIsATrialOfItsUrl) {
  Served served({});
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  const auto trial = slice(served.target);
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_EQ(trial->label, "A");
  EXPECT_EQ(trial->stack, "http://127.0.0.1/");
  EXPECT_EQ(std::tuple(trial->block, trial->position, trial->seed), std::tuple(3, 2, 7u));
  EXPECT_NEAR(trial->window_seconds, 0.2, 1e-9);
  EXPECT_EQ(trial->total.issued + 2, served.server->log().requests);
  EXPECT_EQ(trial->total.completed, trial->total.issued);
  EXPECT_GT(trial->throughput_per_s, 0);
  EXPECT_GT(trial->response_us.p50, 0);
  EXPECT_EQ(trial->offered_per_s, 0);
  for (const auto& reason : trial->verdict.reasons) {  // of this machine there may be some
    EXPECT_THAT(reason, testing::Not(HasSubstr("database")));
  }
  EXPECT_EQ(trial->limiter.name, "unattributed");
  EXPECT_THAT(trial->limiter.evidence, Contains(HasSubstr("from outside")));
}

TEST(UrlBench, AnotherBodyThanTheFirstIsNoValidSlice) {
  Served served({.fault = Fault::wrong_body, .every = 10});
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  const auto trial = slice(served.target);
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_FALSE(trial->verdict.valid);
  EXPECT_FALSE(trial->verdict.disturbed);
  EXPECT_THAT(trial->verdict.reasons,
              Contains(HasSubstr("answers had another body than the first one")));
}

TEST(UrlBench, ASliceWhoseBodiesAreNotAsExpectedSaysWhatWasAndWhy) {
  Served served({.body = R"({"id":7})"});
  served.target.plan.expect = {.members = {http::parse_member("id=7").value()}};
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  served.target.plan.expect.members.front() = http::parse_member("id=8").value();
  const auto trial = slice(served.target);
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_FALSE(trial->verdict.valid);
  EXPECT_THAT(trial->verdict.reasons,
              AllOf(Contains(HasSubstr("another body than expected (status 200, id=8)")),
                    Contains(HasSubstr("(id is 7, not 8)"))));
}

TEST(UrlBench, AServerThatIsGoneGivesAnInvalidSlice) {
  Served served({});
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  served.server.reset();
  const auto trial = slice(served.target);
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_THAT(trial->verdict.reasons, Contains(HasSubstr("refused")));
  EXPECT_EQ(trial->limiter.name, "errors");
}

TEST(UrlBench, OffersTheSameRateAsAsked) {
  Served served({});
  served.target.plan.loop = load::OpenLoop{.rate = Rate{100}, .end_rate = {}, .connections = 20};
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  const auto trial = slice(served.target);
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_NEAR(trial->offered_per_s, 100, 1e-9);
}

TEST(UrlBench, ASliceInWhichUnrigWasStoppedNeverCounts) {
  Served served({});
  ASSERT_TRUE(trial::learn_answer(served.target, clock_, {}));
  std::uint64_t resumed = 0;  // once between the two times that it is asked
  const auto trial = slice(served.target, {}, [&resumed] { return resumed++; });
  ASSERT_TRUE(trial) << trial.error().what;
  EXPECT_THAT(trial->verdict.reasons, Contains("unrig was stopped by a signal, as SIGSTOP does"));
  EXPECT_TRUE(trial->verdict.mishap);
  EXPECT_FALSE(trial->verdict.disturbed) << "whatever the machine did besides";
}

TEST(UrlBench, StoppedIsNoTrial) {
  Served served({});
  std::stop_source source;
  source.request_stop();
  const auto trial = slice(served.target, source.get_token());
  ASSERT_FALSE(trial);
  EXPECT_EQ(trial.error().kind, ErrorKind::interrupted);
  const auto learnt = trial::learn_answer(served.target, clock_, source.get_token());
  ASSERT_FALSE(learnt);
  EXPECT_EQ(learnt.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace unrig::tests
