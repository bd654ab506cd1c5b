/// \file
/// The engine's counts against the log of a server that does wrong on purpose, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "fault_server/fault_server.h"
#include "load/load.h"

namespace unrig::tests {
namespace {

using namespace std::chrono_literals;
using load::Backend;
using load::Failure;
using load::Outcome;
using load::Plan;

const SystemClock clock_;

/// 200 requests in 0.2 s, on connections enough that none waits.
Plan plan_for(int port, const Script& script) {
  Plan plan;
  plan.address = load::address_of(host::loopback(port));
  plan.loop = load::OpenLoop{.rate = Rate{1000}, .end_rate = {}, .connections = 300};
  plan.duration = 200ms;
  plan.timeout = 20s;  // beyond what a busy machine may hold up an answer
  plan.pacing = load::Pacing::sleep;
  plan.expected_body = script.body;
  return plan;
}

struct Case {
  Fault fault;
  std::optional<Failure> failure;  ///< none: completed
  bool unasked_bytes = false;
  bool server_closes = false;  ///< the connection of a good answer
  bool may_cross = false;      ///< on a kept connection it may be a close that crossed the request
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << to_text(it.fault);
}

class Faults : public testing::TestWithParam<std::tuple<Case, bool, Backend>> {};

TEST_P(Faults, AreCountedAsTheServerDidThem) {
  const auto& [it, keep_alive, backend] = GetParam();
  const Script script{.fault = it.fault, .every = 10};
  const auto server = FaultServer::start(script, clock_);
  ASSERT_TRUE(server) << server.error().what;
  Plan plan = plan_for((*server)->port(), script);
  plan.keep_alive = keep_alive;
  plan.backend = backend;
  const auto result = load::run(plan, clock_, {});
  ASSERT_TRUE(result) << result.error().what;
  const Outcome& outcome = *result;
  if (!outcome.generator.backend_note.empty()) GTEST_SKIP() << outcome.generator.backend_note;
  const Log log = (*server)->log();

  EXPECT_EQ(outcome.total.scheduled, 200u);
  EXPECT_EQ(outcome.total.issued + outcome.resent, log.requests);
  EXPECT_EQ(outcome.resent > 0, it.may_cross && keep_alive);
  EXPECT_EQ(outcome.total.unfinished, 0u);
  EXPECT_TRUE(outcome.total.adds_up());
  EXPECT_EQ(log.of(it.fault), log.requests / 10);
  std::array<std::uint64_t, load::failure_count> expected{};
  if (it.failure) {
    expected[static_cast<std::size_t>(*it.failure)] = log.of(it.fault) - outcome.resent;
  }
  EXPECT_EQ(outcome.total.failed_by, expected) << outcome.sample_failure();
  EXPECT_EQ(outcome.unasked_bytes, it.unasked_bytes ? log.of(it.fault) : 0);
  EXPECT_EQ(outcome.reconnects, keep_alive && it.server_closes ? log.of(it.fault) : 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    testing::Combine(testing::Values(Case{Fault::reset_before, Failure::reset, false, false, true},
                                     Case{Fault::reset_in_head, Failure::reset},
                                     Case{Fault::reset_in_body, Failure::reset},
                                     Case{Fault::close_before, Failure::closed_early, false, false,
                                          true},
                                     Case{Fault::truncated, Failure::closed_early},
                                     Case{Fault::length_too_long, Failure::closed_early},
                                     Case{Fault::length_too_short, Failure::wrong_body, true},
                                     Case{Fault::wrong_status, Failure::wrong_status},
                                     Case{Fault::wrong_body, Failure::wrong_body},
                                     Case{Fault::garbage, Failure::malformed},
                                     Case{Fault::second_answer, {}, true}, Case{Fault::drip, {}},
                                     Case{Fault::chunked, {}}, Case{Fault::interim, {}},
                                     Case{Fault::until_close, {}, false, true}),
                     testing::Bool(), testing::Values(Backend::epoll, Backend::io_uring)),
    [](const auto& test) {
      return std::string(to_text(std::get<0>(test.param).fault)) +
             (std::get<1>(test.param) ? "_keep_alive" : "_new_connections") +
             (std::get<2>(test.param) == Backend::epoll ? "_epoll" : "_io_uring");
    });

/// Six requests on one connection, so far apart that the server has done what it does between two
/// of them, on a busy machine, too.
Plan sparse_plan(int port, const Script& script) {
  Plan plan = plan_for(port, script);
  plan.loop = load::OpenLoop{.rate = Rate{4}, .end_rate = {}, .connections = 1};
  plan.duration = 1500ms;
  return plan;
}

TEST(Faults, ConnectionClosedWhileIdleIsNoFailure) {
  const Script script{.fault = Fault::close_idle, .every = 2};
  const auto server = FaultServer::start(script, clock_);
  const auto outcome = load::run(sparse_plan((*server)->port(), script), clock_, {});
  EXPECT_EQ(outcome->total.completed, 6u);
  EXPECT_EQ(outcome->reconnects, 3u);
  EXPECT_EQ((*server)->log().connections, 3u);
}

TEST(Faults, GoodbyeOnAnIdleConnectionIsAReconnect) {
  const Script script{.fault = Fault::goodbye, .every = 2};
  const auto server = FaultServer::start(script, clock_);
  const auto outcome = load::run(sparse_plan((*server)->port(), script), clock_, {});
  EXPECT_EQ(outcome->total.completed, 6u);
  EXPECT_EQ(outcome->reconnects, 3u);
  EXPECT_EQ(outcome->unasked_bytes, 0u);
}

TEST(Faults, CloseWithoutAWordLosesNoRequest) {
  for (const Fault fault : {Fault::close_after, Fault::reset_after}) {
    for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
      const Script script{.fault = fault};
      const auto server = FaultServer::start(script, clock_);
      Plan plan = plan_for((*server)->port(), script);
      plan.loop = load::ClosedLoop{.clients = 4};
      plan.backend = backend;
      const auto outcome = load::run(plan, clock_, {});
      const Log log = (*server)->log();
      EXPECT_EQ(outcome->total.completed, outcome->total.issued) << outcome->sample_failure();
      // What met a close was never read: the server saw each request once.
      EXPECT_EQ(log.requests, outcome->total.issued);
      EXPECT_EQ(outcome->unasked_bytes, 0u);
    }
  }
}

TEST(Faults, CloseWithoutAWordMakesARequestStaleThatMayNotBeRepeated) {
  const Script script{.fault = Fault::close_before, .every = 2};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = sparse_plan((*server)->port(), script);
  plan.request.method = "POST";
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::stale)], 3u);
  EXPECT_EQ(outcome->total.completed, 3u);
  EXPECT_EQ(outcome->resent, 0u);
}

TEST(Faults, AnswerBeforeTheWholeRequestIsSeenOverBothBackends) {
  for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{20} << 20}) {
      const Script script{.fault = Fault::early};
      const auto server = FaultServer::start(script, clock_);
      Plan plan = plan_for((*server)->port(), script);
      plan.loop = load::OpenLoop{.rate = Rate{20}, .end_rate = {}, .connections = 4};
      plan.keep_alive = false;
      plan.request = {.method = "POST", .body = std::string(size, 'x')};
      plan.backend = backend;
      const auto outcome = load::run(plan, clock_, {});
      EXPECT_EQ(outcome->total.completed, 4u) << outcome->sample_failure();
      EXPECT_EQ(outcome->early_answers, 4u) << size;
      EXPECT_EQ(outcome->early_completed, 4u);
    }
  }
}

TEST(Faults, AnswerFollowedByAResetIsAnAnswerOverBothBackends) {
  for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
    const Script script{.fault = Fault::reset_after};
    const auto server = FaultServer::start(script, clock_);
    Plan plan = plan_for((*server)->port(), script);
    plan.loop = load::OpenLoop{.rate = Rate{50}, .end_rate = {}, .connections = 4};
    plan.request = {.method = "POST", .body = std::string(20 << 20, 'x')};
    plan.backend = backend;
    const auto outcome = load::run(plan, clock_, {});
    EXPECT_EQ(outcome->total.completed, 10u) << outcome->sample_failure();
    EXPECT_EQ(outcome->early_answers, 10u);
  }
}

TEST(Faults, NothingFollowsARequestThatWasNotTakenWhole) {
  for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
    const Script script{.fault = Fault::reset_after};
    const auto server = FaultServer::start(script, clock_);
    Plan plan = plan_for((*server)->port(), script);
    plan.loop = load::ClosedLoop{.clients = 2};
    plan.request = {.method = "POST", .body = std::string(20 << 20, 'x')};
    plan.backend = backend;
    const auto outcome = load::run(plan, clock_, {});
    EXPECT_GT(outcome->total.completed, 0u);
    EXPECT_EQ(outcome->total.failed(), 0u) << outcome->sample_failure();
  }
}

TEST(Faults, AnswerToNoRequestIsAnAnomalyAndEndsTheConnection) {
  const Script script{.fault = Fault::late_answer, .every = 2};
  const auto server = FaultServer::start(script, clock_);
  const auto outcome = load::run(sparse_plan((*server)->port(), script), clock_, {});
  EXPECT_EQ(outcome->total.completed, 6u);
  EXPECT_EQ(outcome->unasked_bytes, 3u);
  EXPECT_EQ(outcome->reconnects, 0u);
}

TEST(Faults, SilentServerIsATimeout) {
  const Script script{.fault = Fault::mute, .every = 4};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = plan_for((*server)->port(), script);
  plan.duration = 40ms;  // 40 requests
  plan.timeout = 2s;
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::timeout)], 10u);
  EXPECT_EQ(outcome->total.completed, 30u);
}

TEST(Faults, ConnectionThatNobodyTakesIsAConnectTimeout) {
  const Script script{.accepts = false};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = plan_for((*server)->port(), script);
  plan.duration = 20ms;  // 20 requests
  plan.timeout = 500ms;
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::connect_timeout)], 20u);
  EXPECT_EQ(outcome->total.failed(), 20u);
}

int free_port() {
  return (*FaultServer::start({}, clock_))->port();
}

TEST(Faults, NobodyListensIsRefused) {
  // Bound, so that nobody else gets it meanwhile, but not listening.
  const UniqueFd bound(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  load::Address address = load::address_of(host::loopback(0));
  auto* any = reinterpret_cast<sockaddr*>(&address.storage);
  ASSERT_EQ(bind(bound.get(), any, address.length), 0);
  ASSERT_EQ(getsockname(bound.get(), any, &address.length), 0);
  Plan plan = plan_for(0, {});
  plan.address = address;
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::refused)], 200u);
  EXPECT_EQ(outcome->total.failed(), 200u);
  EXPECT_EQ(outcome->throughput(), 0);
}

TEST(Faults, SeveralThreadsCountTheSame) {
  const Script script{.fault = Fault::reset_in_body, .every = 10};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = plan_for((*server)->port(), script);
  plan.threads = 3;
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.scheduled, 200u);
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::reset)], 20u);
  EXPECT_EQ(outcome->total.completed, 180u);
  EXPECT_EQ(outcome->generator.threads, 3);
}

TEST(Faults, ClosedLoopCountsTheSame) {
  for (const bool keep_alive : {true, false}) {
    const Script script{.fault = Fault::truncated, .every = 7};
    const auto server = FaultServer::start(script, clock_);
    Plan plan = plan_for((*server)->port(), script);
    plan.loop = load::ClosedLoop{.clients = 4};
    plan.keep_alive = keep_alive;
    const auto outcome = load::run(plan, clock_, {});
    const Log log = (*server)->log();
    EXPECT_EQ(outcome->total.issued, log.requests);
    EXPECT_EQ(outcome->total.completed, log.of(Fault::none));
    EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::closed_early)],
              log.of(Fault::truncated));
    EXPECT_TRUE(outcome->total.adds_up());
  }
}

TEST(Bodies, LargeOnesArriveWholeWhetherTheyAreComparedOrOnlyCounted) {
  Script script{.fault = Fault::truncated, .every = 5};
  script.body.clear();
  for (int i = 0; script.body.size() < (3 << 20); ++i) script.body += std::to_string(i);
  for (const bool compared : {true, false}) {
    for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
      const auto server = FaultServer::start(script, clock_);
      Plan plan = plan_for((*server)->port(), script);
      plan.loop = load::OpenLoop{.rate = Rate{100}, .end_rate = {}};
      plan.backend = backend;
      if (!compared) plan.expected_body.reset();
      const auto outcome = load::run(plan, clock_, {});
      EXPECT_EQ(outcome->total.completed, 16u);
      EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::closed_early)], 4u);
      EXPECT_EQ(outcome->unasked_bytes, 0u);
      EXPECT_GT(outcome->bytes_in, 18 * script.body.size());
    }
  }
}

/// Right is the key, to the last digit.
class SaysKey final : public load::BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body, std::optional<std::uint32_t> key) const override {
    return key && body.size() == 10 && to_number<std::uint32_t>(body) == key;
  }
};

/// Of many connections at once, each with a request of its own under way.
Plan keyed_plan(int port, const load::BodyCheck& check) {
  Plan plan = plan_for(port, {});
  plan.loop = load::ClosedLoop{.clients = 16};
  plan.request.path = "/test?a=0000000000";
  plan.keys = load::Keys{.count = 1'000'000, .digits = 10};
  plan.expected_body.reset();
  plan.check = &check;
  plan.seed = 7;
  return plan;
}

TEST(Keys, EveryRequestAsksForItsOwnOnKeptAndOnFreshConnections) {
  const SaysKey check;
  for (const bool keep_alive : {true, false}) {
    for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
      for (const int threads : {1, 3}) {
        const auto server = FaultServer::start({.echoes = true}, clock_);
        Plan plan = keyed_plan((*server)->port(), check);
        plan.keep_alive = keep_alive;
        plan.backend = backend;
        plan.threads = threads;
        const auto outcome = load::run(plan, clock_, {});
        ASSERT_TRUE(outcome) << outcome.error().what;
        EXPECT_GT(outcome->total.completed, 16u);
        EXPECT_EQ(outcome->total.completed, outcome->total.issued) << outcome->sample_failure();
        // Some of so many come twice: of 10,000 of a million about 50.
        EXPECT_GT((*server)->log().asked.size(), outcome->total.issued * 9 / 10);
      }
    }
  }
}

TEST(Keys, AnswerThatTheServerMakesForEverybodyIsWrong) {
  const SaysKey check;
  for (const Backend backend : {Backend::epoll, Backend::io_uring}) {
    const auto server = FaultServer::start({.body = "0000000007"}, clock_);
    Plan plan = keyed_plan((*server)->port(), check);
    plan.backend = backend;
    const auto outcome = load::run(plan, clock_, {});
    ASSERT_TRUE(outcome) << outcome.error().what;
    // Once in a million it would be right.
    EXPECT_GE(outcome->total.failed_by[static_cast<std::size_t>(Failure::wrong_body)] + 3,
              outcome->total.issued);
    EXPECT_THAT(outcome->sample_failure(), testing::HasSubstr("0000000007\n(asked for "));
  }
}

TEST(Bodies, LargeOneThatDiffersInItsLastByteIsWrong) {
  Script script{.body = std::string(1 << 20, 'a')};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = plan_for((*server)->port(), script);
  plan.loop = load::ClosedLoop{.clients = 2};
  plan.expected_body->back() = 'b';
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_GT(outcome->total.issued, 0u);
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::wrong_body)],
            outcome->total.issued);
}

TEST(Faults, NoLocalPortLeftIsItsOwnClass) {
  const Script script{.fault = Fault::mute};
  const auto server = FaultServer::start(script, clock_);
  Plan plan = plan_for((*server)->port(), script);
  // All connections must come from one port: the first takes it, and keeps it until its time-out.
  plan.sources = {load::address_of(host::loopback(free_port()))};
  plan.duration = 20ms;  // 20 requests
  plan.timeout = 2s;
  const auto outcome = load::run(plan, clock_, {});
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::timeout)], 1u);
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::no_port)], 19u);
}

TEST(Sources, NewConnectionsComeFromOneAddressAsLongAsItsPortsSuffice) {
  const auto server = FaultServer::start({}, clock_);
  Plan plan = plan_for((*server)->port(), {});
  plan.keep_alive = false;
  EXPECT_EQ(load::run(plan, clock_, {})->total.completed, 200u);
  EXPECT_EQ((*server)->log().peers.size(), 1u);
}

TEST(Sources, AsManyAddressesAsWereAskedFor) {
  const auto server = FaultServer::start({}, clock_);
  Plan plan = plan_for((*server)->port(), {});
  plan.keep_alive = false;
  plan.source_addresses = 10;
  EXPECT_EQ(load::run(plan, clock_, {})->total.completed, 200u);
  EXPECT_EQ((*server)->log().peers.size(), 10u);
}

/// What a generator in a process of its own reports.
struct Seen {
  std::uint64_t completed = 0;
  std::uint64_t late_issues = 0, slow_services = 0;  // by more than half of the stop
  Duration longest_delay{0}, longest_stall{0};
};

// Long enough that half of it is more than a busy machine keeps a server waiting.
constexpr Duration stop_length = 600ms;

std::uint64_t above(const stats::Histogram& histogram, Duration limit) {
  std::uint64_t count = 0;
  for (std::size_t i = stats::Histogram::slot_of(limit.count()); i < histogram.counts().size(); ++i)
    count += histogram.counts()[i];
  return count;
}

[[noreturn]] void generate(int from_test, int to_test) {
  int port = 0;
  if (read(from_test, &port, sizeof port) != sizeof port) _exit(1);
  Plan plan = plan_for(port, {});
  plan.loop = load::OpenLoop{.rate = Rate{200}, .end_rate = {}};
  plan.duration = 1s;
  const auto outcome = load::run(plan, clock_, {});
  const Seen seen{outcome->total.completed, above(outcome->issue_delay, stop_length / 2),
                  above(outcome->service, stop_length / 2), outcome->issue_delay.max(),
                  outcome->generator.longest_stall};
  _exit(write(to_test, &seen, sizeof seen) == sizeof seen ? 0 : 1);
}

TEST(Generator, StoppedByASignalBlamesItselfAndNotTheServer) {
  int to_child[2], to_test[2];
  ASSERT_EQ(pipe(to_child), 0);
  ASSERT_EQ(pipe(to_test), 0);
  const pid_t child = fork();  // before this process has threads
  ASSERT_GE(child, 0);
  if (child == 0) generate(to_child[0], to_test[1]);

  const auto server = FaultServer::start({}, clock_);
  const int port = (*server)->port();
  ASSERT_EQ(write(to_child[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  while ((*server)->log().requests < 60) clock_.sleep_for(1ms);
  kill(child, SIGSTOP);
  clock_.sleep_for(stop_length);
  kill(child, SIGCONT);
  Seen seen;
  ASSERT_EQ(read(to_test[0], &seen, sizeof seen), static_cast<ssize_t>(sizeof seen));
  waitpid(child, nullptr, 0);
  for (const int fd : {to_child[0], to_child[1], to_test[0], to_test[1]}) close(fd);

  EXPECT_EQ(seen.completed, 200u);
  EXPECT_GE(seen.longest_delay, stop_length - 10ms);
  EXPECT_GE(seen.longest_stall, stop_length - 20ms);  // it may have meant to sleep for 10 ms
  EXPECT_GE(seen.late_issues, 57u);   // intended in the first half of the stop, at 200/s
  EXPECT_LE(seen.slow_services, 4u);  // but those under way when it was stopped
}

}  // namespace
}  // namespace unrig::tests
