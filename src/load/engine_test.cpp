#include "load/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/simulation.h"
#include "load/verdict.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using namespace simulation;

std::uint64_t count(const Outcome& outcome, Failure failure) {
  return outcome.total.failed_by[static_cast<std::size_t>(failure)];
}

TEST(OpenLoop, TellsTheTruthAboutAStall) {
  // A freeze of S = 1 s in T = 10 s: the response time of fraction q is S (1 - (1 - q) T / S).
  Simulation run{open_plan(1000, 64, 10s), freezes(0s, start + 4s, start + 5s)};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.window.completed, 10000u);
  expect_within_one_percent(outcome.response.quantile(0.95), 500ms);
  expect_within_one_percent(outcome.response.quantile(0.99), 900ms);
  expect_within_one_percent(outcome.response.max(), 1s);
  EXPECT_NEAR(outcome.response.mean_ns(), 50e6, 0.5e6);
}

TEST(OpenLoop, SplitsAStallIntoWaitingAndService) {
  Simulation run{open_plan(1000, 64, 10s), freezes(0s, start + 4s, start + 5s)};
  const Outcome outcome = run();
  // 64 requests were in the server's hands; the others waited for a connection until it ended.
  EXPECT_EQ(outcome.service.quantile(0.99), 0s);
  expect_within_one_percent(outcome.service.max(), 1s);
  expect_within_one_percent(outcome.issue_delay.max(), 1s - 64ms);
}

TEST(ClosedLoop, HasOnlyAsManySlowSamplesAsClients) {
  Simulation run{closed_plan(10, 10s), freezes(1ms, start + 4s, start + 5s)};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.window.completed, 90'000u);  // 10 in each millisecond of 9 s; the last 10 wait
  expect_within_one_percent(outcome.response.quantile(0.999), 1ms);
  EXPECT_NEAR(seconds(outcome.response.max()), 1, 0.01);
}

TEST(ClosedLoop, ObeysLittlesLaw) {
  auto random = std::make_shared<RandomStream>(5, "service");
  Simulation run{closed_plan(8, 60s), [random](Instant now) {
                   return Reply{.when = now + from_seconds(random->exponential(0.005)),
                                .bytes = ok_answer};
                 }};
  run.plan.warmup = 1s;
  const Outcome outcome = run();
  const double in_system = outcome.throughput() * outcome.response.mean_ns() * 1e-9;
  EXPECT_NEAR(in_system, 8, 0.08);
}

TEST(ClosedLoop, ThinkTimeIsNotResponseTime) {
  Simulation run{closed_plan(1, 1s), answers_after(10ms)};
  std::get<ClosedLoop>(run.plan.loop).think_time = 15ms;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 40u);  // one in 25 ms
  expect_within_one_percent(outcome.response.max(), 10ms);
  EXPECT_EQ(outcome.issue_delay.max(), 0ns);
}

TEST(ClosedLoop, PausesAfterAFailureToConnect) {
  Simulation run{closed_plan(1, 1s), answers_after(0s), [](SimulatedTransport& transport, Instant) {
                   transport.connect_error = ECONNREFUSED;
                 }};
  const Outcome outcome = run();
  EXPECT_EQ(count(outcome, Failure::refused), 100u);  // one in 10 ms
  EXPECT_EQ(outcome.total.failed(), outcome.total.issued);
  EXPECT_EQ(outcome.throughput(), 0);
}

TEST(OpenLoop, GrowsConnectionsOnlyAsNeeded) {
  Simulation sparse{open_plan(100, 64), answers_after(1ms)};
  EXPECT_EQ(sparse().total.completed, 100u);
  EXPECT_EQ(sparse.connections_made, 1);
  Simulation dense{open_plan(100, 64), answers_after(35ms)};
  EXPECT_EQ(dense().total.completed, 100u);
  EXPECT_EQ(dense.connections_made, 4);
}

TEST(OpenLoop, WaitingForAConnectionIsPartOfTheResponse) {
  // The connections serve at 0, 10, 20, … and at 4, 14, 24, … ms: the 250th, intended at 996 ms, is
  // the 125th of the second one and issued at 1244 ms.
  Simulation run{open_plan(250, 2), answers_after(10ms)};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 250u);
  EXPECT_EQ(outcome.total.dropped, 0u);
  expect_within_one_percent(outcome.issue_delay.max(), 248ms);
  EXPECT_EQ(outcome.lateness.max(), 0ns);  // it was not the generator
  expect_within_one_percent(outcome.service.max(), 10ms);
  EXPECT_EQ(outcome.completed_in_window, 99u + 99u);
}

TEST(OpenLoop, DropsWhatFindsTheLineFull) {
  // One connection serves one request in 50 ms, of five that come.
  Simulation run{open_plan(100, 1), answers_after(50ms)};
  std::get<OpenLoop>(run.plan.loop).queue_limit = 10;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.scheduled, 100u);
  EXPECT_EQ(outcome.total.completed, 20u + 10u);  // within the second, and the line at its end
  EXPECT_EQ(outcome.total.dropped, 70u);
  EXPECT_LE(outcome.issue_delay.max(), 10 * 50ms);
  EXPECT_THAT(judge(run.plan, outcome).reasons,
              testing::ElementsAre("70 of 100 requests were never sent: no connection became free "
                                   "for them"));
  EXPECT_TRUE(outcome.total.adds_up());
}

TEST(OpenLoop, DropsWhatStillStandsInLineAtTheEnd) {
  Simulation run{open_plan(100, 1), answers_after(1h)};
  run.plan.timeout = 2s;
  const Outcome outcome = run();
  // The one issued at the end of the first one's timeout has its own.
  EXPECT_EQ(count(outcome, Failure::timeout), 2u);
  EXPECT_EQ(outcome.total.unfinished, 0u);
  EXPECT_EQ(outcome.total.dropped, 98u);
  // They have waited, too, from 20 … 990 ms until 3 s.
  EXPECT_EQ(outcome.unanswered_response.count(), 100u);
  EXPECT_EQ(outcome.unanswered_service.count(), 2u);
  EXPECT_GE(outcome.unanswered_response.min(), 1990ms);
}

TEST(OpenLoop, RequestIssuedLateHasItsWholeTimeout) {
  Simulation run{open_plan(100, 100), answers_after(1h),
                 [](SimulatedTransport& transport, Instant begin) {
                   transport.pause_at = begin + 990ms;  // before the last one is taken up
                   transport.pause = 500ms;
                 }};
  run.plan.timeout = 2s;
  const Outcome outcome = run();
  EXPECT_EQ(count(outcome, Failure::timeout), 100u);
}

TEST(OpenLoop, PauseOfTheGeneratorIsIssueDelayNotService) {
  Simulation run{open_plan(1000, 64, 2s), answers_after(100us),
                 [](SimulatedTransport& transport, Instant begin) {
                   transport.pause_at = begin + 1s;
                   transport.pause = 200ms;
                 }};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 2000u);
  expect_within_one_percent(outcome.issue_delay.max(), 200ms);
  expect_within_one_percent(outcome.lateness.max(), 200ms);
  expect_within_one_percent(outcome.service.max(), 100us);
  expect_within_one_percent(outcome.generator.longest_stall, 200ms);
}

TEST(Engine, WindowCutsWarmUpAndDrain) {
  Simulation run{closed_plan(1, 1s), answers_after(300ms)};
  run.plan.warmup = 1s;
  const Outcome outcome = run();
  // Intended at 0, 300, … 1800 ms; completed 300 ms later.
  EXPECT_EQ(outcome.total.completed, 7u);
  EXPECT_EQ(outcome.window.completed, 3u);     // intended at 1200, 1500, 1800
  EXPECT_EQ(outcome.completed_in_window, 3u);  // at 1200, 1500, 1800
  EXPECT_EQ(outcome.response.count(), 3u);
  const auto seconds = by_second(outcome.steps);
  ASSERT_EQ(seconds.size(), 3u);
  EXPECT_EQ(seconds[0].completed, 3u);
  EXPECT_EQ(seconds[1].completed, 3u);
  EXPECT_EQ(seconds[2].completed, 1u);
  EXPECT_NEAR(seconds[1].mean_response_us, 300'000, 1);
  ASSERT_EQ(outcome.steps.size(), 22u);  // the last answer came at 2100 ms
  for (std::size_t step = 0; step < outcome.steps.size(); ++step) {
    EXPECT_EQ(outcome.steps[step].completed, step > 0 && step % 3 == 0 ? 1u : 0u) << step;
  }
}

TEST(Engine, TimeoutIsCountedFromTheIssue) {
  Simulation run{closed_plan(2, 1s), answers_after(1h)};
  run.plan.timeout = 400ms;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.scheduled, 6u);  // each client at 0, 400, 800 ms
  EXPECT_EQ(count(outcome, Failure::timeout), 6u);
  EXPECT_EQ(outcome.total.unfinished, 0u);
}

TEST(Engine, NoConnectionWithinTheLimitIsItsOwnClass) {
  Simulation run{closed_plan(1, 1s), answers_after(0s),
                 [](SimulatedTransport& transport, Instant) { transport.connects = false; }};
  run.plan.timeout = 400ms;
  const Outcome outcome = run();
  EXPECT_EQ(count(outcome, Failure::connect_timeout), 3u);
  EXPECT_EQ(outcome.total.issued, 3u);
}

TEST(Engine, WaysToFailToConnect) {
  const auto failed_by = [](int error) {
    Simulation run{
        open_plan(10, 4), answers_after(0s),
        [error](SimulatedTransport& transport, Instant) { transport.connect_error = error; }};
    return run().total.failed_by;
  };
  EXPECT_EQ(failed_by(ECONNREFUSED)[static_cast<int>(Failure::refused)], 10u);
  EXPECT_EQ(failed_by(EADDRNOTAVAIL)[static_cast<int>(Failure::no_port)], 10u);
  EXPECT_EQ(failed_by(EADDRINUSE)[static_cast<int>(Failure::no_port)], 10u);
  EXPECT_EQ(failed_by(ENETUNREACH)[static_cast<int>(Failure::unreachable)], 10u);
  EXPECT_EQ(failed_by(ECONNRESET)[static_cast<int>(Failure::reset)], 10u);
}

TEST(Engine, NewConnectionForEachRequestWhenAsked) {
  Simulation run{open_plan(100, 4), [](Instant now) {
                   return Reply{.when = now, .bytes = ok_answer, .closes = true};
                 }};
  run.plan.keep_alive = false;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 100u);
  EXPECT_EQ(run.connections_made, 100);
  EXPECT_EQ(outcome.reconnects, 0u);
}

TEST(Engine, ServerThatNeverClosesDoesNotRunItOutOfConnections) {
  Simulation run{closed_plan(4, 1s), answers_after(1ms)};
  run.plan.keep_alive = false;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 4000u);
  EXPECT_EQ(run.connections_made, 4000);
}

TEST(Engine, WaitsForTheServerToCloseButNotForLong) {
  Simulation run{open_plan(10, 16), answers_after(1ms)};
  run.plan.keep_alive = false;
  EXPECT_EQ(run().total.completed, 10u);
  EXPECT_EQ(run.most_open, 1);  // the one before is given up when the next one is opened
}

TEST(Engine, ConnectionsClosedByTheServerAreReconnects) {
  Simulation run{open_plan(100, 1), [](Instant now) {
                   return Reply{.when = now, .bytes = ok_answer, .closes = true};
                 }};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 100u);
  EXPECT_EQ(outcome.reconnects, 100u);
}

/// Answers after 1 ms, but every `every`-th request meets a close of its connection after 5 ms.
Server crosses(int every, int error = 0) {
  auto served = std::make_shared<int>(0);
  return [=](Instant now) {
    if (++*served % every == 0) return Reply{.when = now + 5ms, .bytes = {}, .error = error};
    return Reply{.when = now + 1ms, .bytes = ok_answer};
  };
}

TEST(Engine, RequestThatAClosesCrossedIsSentAgainOnceOnAFreshConnection) {
  for (const int error : {0, ECONNRESET, EPIPE}) {
    Simulation run{open_plan(100, 1), crosses(10, error)};
    const Outcome outcome = run();
    // 110 came in all: the 10th, 20th, … 110th was lost and had to be sent again.
    EXPECT_EQ(outcome.total.completed, 100u);
    EXPECT_EQ(outcome.total.failed(), 0u);
    EXPECT_EQ(outcome.total.issued, 100u);
    EXPECT_EQ(outcome.resent, 11u);
    EXPECT_EQ(outcome.reconnects, 0u);
    EXPECT_EQ(run.connections_made, 12);
    EXPECT_TRUE(outcome.total.adds_up());
    expect_within_one_percent(outcome.response.max(), 6ms);  // from the intended time on
    expect_within_one_percent(outcome.service.max(), 6ms);
    EXPECT_EQ(outcome.connect.max(), 0ns);  // the fresh connection, from its own beginning
  }
}

TEST(Engine, RequestThatMayNotBeRepeatedIsStale) {
  Simulation run{open_plan(100, 1), crosses(10)};
  run.plan.request.method = "POST";
  const Outcome outcome = run();
  EXPECT_EQ(count(outcome, Failure::stale), 10u);
  EXPECT_EQ(outcome.total.completed, 90u);
  EXPECT_EQ(outcome.resent, 0u);
  EXPECT_EQ(outcome.sample_failure(), "without a byte of an answer");
}

TEST(Engine, OnlyAKeptConnectionCanCloseBeforeItSawTheRequest) {
  Simulation run{open_plan(100, 1), crosses(1)};
  EXPECT_EQ(count(run(), Failure::closed_early), 100u);
  run.plan.keep_alive = false;
  run.server = crosses(10);
  EXPECT_EQ(count(run(), Failure::closed_early), 10u);
}

TEST(Engine, CloseAfterAByteOfTheAnswerIsAFailure) {
  auto served = std::make_shared<int>(0);
  Simulation run{open_plan(100, 1), [=](Instant now) {
                   const bool half = ++*served % 10 == 0;
                   return Reply{.when = now, .bytes = half ? "H" : ok_answer, .closes = half};
                 }};
  const Outcome outcome = run();
  EXPECT_EQ(count(outcome, Failure::closed_early), 10u);
  EXPECT_EQ(outcome.resent, 0u);
  EXPECT_EQ(outcome.sample_failure(), "after 1 bytes of the answer:\nH");
}

TEST(Engine, ResentRequestKeepsItsTimeLimit) {
  auto served = std::make_shared<int>(0);
  Simulation run{open_plan(2, 4), [=](Instant now) {
                   if (++*served == 1) return Reply{.when = now, .bytes = ok_answer};
                   const Instant when = *served == 2 ? now + 300ms : Instant::max();
                   return Reply{.when = when, .bytes = {}};
                 }};
  run.plan.timeout = 400ms;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.resent, 1u);
  EXPECT_EQ(count(outcome, Failure::timeout), 1u);  // 100 ms after it was sent again
}

TEST(Engine, GoodbyeOnAnIdleConnectionIsAReconnect) {
  const auto with = [](std::string late, const char* method = "GET") {
    const bool to_head = method == std::string("HEAD");
    const std::string first = ok_answer.substr(0, ok_answer.size() - (to_head ? 2 : 0));
    Simulation run{open_plan(100, 1), [=](Instant now) {
                     return Reply{.when = now, .bytes = first, .late_bytes = late, .late = 5ms};
                   }};
    run.plan.request.method = method;
    const Outcome outcome = run();
    EXPECT_EQ(outcome.total.completed, 100u);
    EXPECT_EQ(run.connections_made, 100);
    EXPECT_EQ(outcome.reconnects + outcome.unasked_bytes, 100u) << late;
    return outcome.reconnects;
  };
  EXPECT_EQ(with("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), 100u);
  EXPECT_EQ(with("HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n<html>"), 100u);
  EXPECT_EQ(with("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", "HEAD"), 100u);
  EXPECT_EQ(with("HTTP/1.1 408 Requ"), 100u);
  EXPECT_EQ(with("HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"), 100u);
  EXPECT_EQ(with("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"), 0u);
  EXPECT_EQ(with(ok_answer), 0u);
  EXPECT_EQ(with("x"), 0u);
}

TEST(Engine, TimeoutOfTheServerThatCrossesARequestIsSentAgain) {
  auto served = std::make_shared<int>(0);
  auto goodbye = std::make_shared<std::string>();
  auto error = std::make_shared<int>(0);
  const Server server = [=](Instant now) {
    if (++*served % 10 != 0) return Reply{.when = now, .bytes = ok_answer};
    return Reply{.when = now, .bytes = *goodbye, .error = *error, .closes = true};
  };
  Simulation run{open_plan(100, 1), server};
  for (const auto& [end, number] : {std::pair("Connection: close\r\n\r\n<html>", 0),
                                    std::pair("Connection: close\r\n\r\n<html>", ECONNRESET),
                                    std::pair("Content-Length: 0\r\n\r\n", 0)}) {
    *served = 0;
    *error = number;
    *goodbye = std::string("HTTP/1.1 408 Request Timeout\r\n") + end;
    const Outcome outcome = run();
    EXPECT_EQ(outcome.total.completed, 100u) << end;
    EXPECT_EQ(outcome.resent, 11u) << end;
  }
  *served = *error = 0;
  run.plan.request.method = "POST";
  EXPECT_EQ(count(run(), Failure::wrong_status), 10u);
}

TEST(Engine, BodyAfterHeadIsNamedAndHarmlessWhereTheConnectionCloses) {
  const auto with = [](const std::string& answer, bool keep_alive, std::string late = {}) {
    Simulation run{open_plan(100, 1), [=](Instant now) {
                     return Reply{.when = now, .bytes = answer, .late_bytes = late, .late = 1ms};
                   }};
    run.plan.request.method = "HEAD";
    run.plan.keep_alive = keep_alive;
    const Outcome outcome = run();
    EXPECT_EQ(outcome.total.completed, 100u);
    EXPECT_EQ(outcome.head_bodies, 100u);
    return outcome.unasked_bytes;
  };
  const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
  const std::string head = ok_answer.substr(0, ok_answer.size() - 2);
  EXPECT_EQ(with(ok_answer, true), 100u);
  EXPECT_EQ(with(head, true, "ok"), 100u);
  EXPECT_EQ(with(ok_answer, false), 0u);
  EXPECT_EQ(with(head, false, "ok"), 0u);
  EXPECT_EQ(with(closing + "ok", true), 0u);
  EXPECT_EQ(with(closing, true, "ok"), 0u);
  // A body in two pieces is one.
  EXPECT_EQ(with(closing + "o", true, "k"), 0u);
  EXPECT_EQ(with(head + "o", false, "k"), 0u);
}

TEST(Engine, AnswerBeforeTheWholeRequestIsAnAnomaly) {
  Simulation run{open_plan(100, 1), answers_after(1ms),
                 [](SimulatedTransport& transport, Instant) { transport.delivers = false; }};
  EXPECT_EQ(run().early_answers, 0u);  // a short request is there before any answer
  run.request = std::string(100'000, 'x');
  Outcome outcome = run();
  EXPECT_EQ(outcome.early_answers, 100u);
  EXPECT_EQ(outcome.early_completed, 100u);
  run.plan.expect.status = 413;
  outcome = run();
  EXPECT_EQ(outcome.early_answers, 100u);
  EXPECT_EQ(outcome.early_completed, 0u);
}

TEST(Engine, KeepsASampleOfEachKindOfFailureAndCountsStatuses) {
  auto served = std::make_shared<int>(0);
  const auto with_status = [](std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 2\r\n\r\nok";
  };
  Simulation run{open_plan(100, 1), [=](Instant now) {
                   Reply reply{.when = now, .bytes = ok_answer};
                   const int which = (*served)++ % 10;
                   if (which == 1 || which == 2) reply.bytes = with_status("404 Not Found");
                   if (which == 3) reply.bytes = with_status("500 Oh");
                   if (which == 4) reply.bytes = "SSH-2.0";
                   if (which == 5) {
                     reply.bytes = "HTTP/1.1 200 OK\r\n";
                     reply.closes = true;
                   }
                   return reply;
                 }};
  const Outcome outcome = run();
  EXPECT_THAT(statuses(run.plan, outcome),
              testing::ElementsAre(std::pair(200, 50u), std::pair(404, 20u), std::pair(500, 10u)));
  EXPECT_EQ(outcome.samples.size(), 4u);
  EXPECT_EQ(outcome.sample_failure(), "HTTP/1.1 404 Not Found\nContent-Length: 2\n\nok");
}

TEST(Engine, UnaskedBytesAreAnAnomalyAndEndTheConnection) {
  Simulation run{open_plan(100, 1), answers_after(0s, ok_answer + ok_answer)};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 100u);
  EXPECT_EQ(outcome.unasked_bytes, 100u);
  EXPECT_EQ(run.connections_made, 100);
}

TEST(Engine, EndsBeforeTheAnswerIsComplete) {
  const auto failure = [](const Reply& reply) {
    Simulation run{open_plan(10, 4), [reply](Instant now) {
                     Reply timed = reply;
                     timed.when = now + 1ms;
                     return timed;
                   }};
    const Outcome outcome = run();
    EXPECT_EQ(outcome.total.failed(), 10u);
    EXPECT_EQ(outcome.reconnects, 0u);
    const auto& by = outcome.total.failed_by;
    return static_cast<Failure>(std::ranges::find(by, 10u) - by.begin());
  };
  const std::string part = ok_answer.substr(0, ok_answer.size() - 1);
  EXPECT_EQ(failure({.error = ECONNRESET}), Failure::reset);
  EXPECT_EQ(failure({.error = 0}), Failure::closed_early);
  EXPECT_EQ(failure({.bytes = part, .error = ECONNRESET, .closes = true}), Failure::reset);
  EXPECT_EQ(failure({.bytes = part, .error = 0, .closes = true}), Failure::closed_early);
}

TEST(Engine, AnswerUntilCloseIsCompleteAtTheClose) {
  Simulation run{open_plan(10, 4), [](Instant now) {
                   return Reply{.when = now, .bytes = "HTTP/1.1 200 OK\r\n\r\nall", .closes = true};
                 }};
  run.plan.expected_body = "all";
  EXPECT_EQ(run().total.completed, 10u);
  run.plan.expected_body = "al";
  EXPECT_EQ(count(run(), Failure::wrong_body), 10u);
}

TEST(Engine, StopKeepsWhatWasMeasured) {
  std::stop_source stop;
  int served = 0;
  Simulation run{closed_plan(2, 100s), [&](Instant now) {
                   if (++served == 20) stop.request_stop();
                   return Reply{.when = now + 100ms, .bytes = ok_answer};
                 }};
  run.stop = stop.get_token();
  const Outcome outcome = run();
  EXPECT_EQ(outcome.total.completed, 18u);
  EXPECT_EQ(outcome.total.unfinished, 2u);
  EXPECT_TRUE(outcome.total.adds_up());
  EXPECT_EQ(outcome.window_length, 900ms);
  EXPECT_NEAR(outcome.throughput(), 20, 0.1);
}

TEST(Engine, SameSeedSameRun) {
  const auto responses = [](std::uint64_t seed) {
    auto random = std::make_shared<RandomStream>(1, "service");
    Simulation run{open_plan(1000, 4, 5s), [random](Instant now) {
                     return Reply{.when = now + from_seconds(random->exponential(0.002)),
                                  .bytes = ok_answer};
                   }};
    std::get<OpenLoop>(run.plan.loop).arrivals = ArrivalProcess::poisson;
    run.plan.seed = seed;
    const Outcome outcome = run();
    EXPECT_EQ(outcome.total.scheduled, 5000u);
    const auto counts = outcome.response.counts();
    return std::vector<std::uint64_t>(counts.begin(), counts.end());
  };
  EXPECT_EQ(responses(1), responses(1));
  EXPECT_NE(responses(1), responses(2));
}

}  // namespace
}  // namespace unrig::load
