#include "load/requests.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "load/simulation.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using namespace simulation;

constexpr std::string_view before_key = "GET /test?a=";
constexpr std::size_t digits = 10;

Plan keyed(Plan plan) {
  plan.request.path = "/test?a=0000000000";
  plan.keys = Keys{.count = 1'000'000, .digits = digits};
  return plan;
}

Share share_of(const Plan& plan) {
  return divide(plan, *http::to_bytes(plan.request, "here:1", true)).front();
}

std::string key_in(std::string_view request) {
  return std::string(request.substr(before_key.size(), digits));
}

TEST(Requests, WithoutKeysAreTheSameAndCostNothing) {
  const Plan plan = closed_plan(3);
  const Share share = share_of(plan);
  Requests requests(plan, share);
  for (const Slot slot : {0, 1, 2}) {
    EXPECT_EQ(requests.next(slot).data(), share.request.data());
    EXPECT_EQ(requests.of(slot), share.request);
    EXPECT_EQ(requests.key(slot), std::nullopt);
  }
}

TEST(Requests, WithKeysDifferInTheKeyAlone) {
  const Plan plan = keyed(closed_plan(3));
  const Share share = share_of(plan);
  Requests requests(plan, share);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto slot = static_cast<Slot>(i % 6);
    const std::string_view bytes = requests.next(slot);
    ASSERT_EQ(bytes.size(), share.request.size());
    EXPECT_EQ(bytes.substr(0, before_key.size()), before_key);
    EXPECT_EQ(bytes.substr(before_key.size() + digits),
              std::string_view(share.request).substr(before_key.size() + digits));
    ASSERT_TRUE(requests.key(slot));
    EXPECT_LT(*requests.key(slot), 1'000'000u);
    EXPECT_EQ(key_in(bytes), fmt::format("{:010}", *requests.key(slot)));
    seen.insert(key_in(bytes));
  }
  EXPECT_GT(seen.size(), 980u);
}

TEST(Requests, OneOfASlotStaysAsItIsUntilTheNextOneThere) {
  const Plan plan = keyed(closed_plan(2));
  const Share share = share_of(plan);
  Requests requests(plan, share);
  const std::string first(requests.next(0));
  const auto key = requests.key(0);
  const char* const where = requests.of(0).data();
  for (int i = 0; i < 10; ++i) (void)requests.next(1);
  EXPECT_EQ(requests.of(0), first);
  EXPECT_EQ(requests.key(0), key);
  EXPECT_EQ(requests.next(0).data(), where) << "no request costs memory";
}

TEST(Requests, TheSeedMakesTheKeysAndEachThreadHasItsOwn) {
  const auto keys = [](std::uint64_t seed, int first_client) {
    Plan plan = keyed(closed_plan(1));
    plan.seed = seed;
    Share share = share_of(plan);
    share.first_client = first_client;
    Requests requests(plan, share);
    std::vector<std::string> drawn;
    for (int i = 0; i < 20; ++i) drawn.push_back(key_in(requests.next(0)));
    return drawn;
  };
  EXPECT_EQ(keys(1, 0), keys(1, 0));
  EXPECT_NE(keys(1, 0), keys(2, 0));
  EXPECT_NE(keys(1, 0), keys(1, 5));
}

/// Right is the key.
class SaysKey final : public BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body, std::optional<std::uint32_t> key) const override {
    return key && body == fmt::format("{:010}", *key);
  }
};

/// A run whose server is told what it was asked for, and says what it answers, as often as asked.
struct Asked {
  explicit Asked(Plan plan) : run{.plan = keyed(std::move(plan)), .server = {}} {
    run.plan.check = &check;
    run.request = *http::to_bytes(run.plan.request, "here:1", true);
    run.arrange = [this](SimulatedTransport& made, Instant) { transport = &made; };
    run.server = [this](Instant now) {
      asked.push_back(key_in(transport->sent));
      const std::string body = answers(asked.back());
      return Reply{.when = now + 1ms,
                   .bytes = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}",
                                        body.size(), body)};
    };
  }
  std::uint64_t wrong() {
    outcome = run();
    EXPECT_TRUE(outcome.total.adds_up());
    EXPECT_EQ(outcome.total.completed + count_of(Failure::wrong_body), outcome.total.issued);
    return count_of(Failure::wrong_body);
  }
  [[nodiscard]] std::uint64_t count_of(Failure failure) const {
    return outcome.total.failed_by[static_cast<std::size_t>(failure)];
  }

  SaysKey check;
  Simulation run;
  SimulatedTransport* transport = nullptr;
  std::vector<std::string> asked;
  std::function<std::string(const std::string&)> answers = [](const std::string& key) {
    return key;
  };
  Outcome outcome;
};

TEST(Keys, AnswerToItsOwnRequestIsRight) {
  for (const bool keep_alive : {true, false}) {
    for (const Plan& plan : {closed_plan(4), open_plan(1000, 8)}) {
      Asked it(plan);
      it.run.plan.keep_alive = keep_alive;
      EXPECT_EQ(it.wrong(), 0u);
      EXPECT_EQ(it.asked.size(), it.outcome.total.issued);
      EXPECT_GT(std::set(it.asked.begin(), it.asked.end()).size(), it.asked.size() * 9 / 10);
    }
  }
}

TEST(Keys, AnswerOfTheRequestBeforeIsWrong) {
  Asked it(closed_plan(1));
  std::string before = "0000000000";
  it.answers = [&](const std::string& key) { return std::exchange(before, key); };
  EXPECT_EQ(it.wrong(), 1000u) << "on the very same connection";
  EXPECT_EQ(it.outcome.throughput(), 0);
  EXPECT_THAT(it.outcome.sample_failure(),
              testing::EndsWith(fmt::format("(asked for {})", std::stoul(it.asked.front()))));
}

TEST(Keys, AnswerOfAnotherConnectionIsWrong) {
  Asked it(closed_plan(2));
  std::string first;
  it.answers = [&](const std::string& key) { return std::exchange(first, key); };
  EXPECT_EQ(it.wrong(), it.outcome.total.issued);
}

TEST(Keys, FixedAnswerIsWrong) {
  Asked it(closed_plan(4));
  it.answers = [](const std::string&) { return std::string("0000000123"); };
  const auto wrong = it.wrong();  // runs it
  EXPECT_GE(wrong, it.outcome.total.issued - 1);
}

TEST(Keys, EachCachedAnswerIsWrongAndTheOthersAreRight) {
  Asked it(closed_plan(1));
  int served = 0;
  it.answers = [&](const std::string& key) {
    return ++served % 10 == 0 ? std::string("0000000123") : key;
  };
  EXPECT_EQ(it.wrong(), 100u);
  EXPECT_EQ(it.outcome.total.completed, 900u);
}

TEST(Keys, RequestThatIsSentAgainAsksForTheSame) {
  Asked it(open_plan(100, 1));
  auto served = std::make_shared<int>(0);
  it.run.server = [&it, served](Instant now) {
    it.asked.push_back(key_in(it.transport->sent));
    if (++*served % 10 == 0) return Reply{.when = now + 5ms, .bytes = {}};
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    return Reply{.when = now + 1ms, .bytes = head + it.asked.back()};
  };
  EXPECT_EQ(it.wrong(), 0u);
  ASSERT_EQ(it.outcome.resent, 11u);
  for (std::size_t i = 9; i + 1 < it.asked.size(); i += 10)
    EXPECT_EQ(it.asked[i], it.asked[i + 1]) << i;
}

TEST(Keys, HeadHasAKeyAndNoBodyToCheck) {
  Asked it(open_plan(100, 4));
  it.run.plan.request.method = "HEAD";
  it.run.request = *http::to_bytes(it.run.plan.request, "here:1", true);
  it.run.server = [&it](Instant now) {
    it.asked.emplace_back(it.transport->sent.substr(before_key.size() + 1, digits));
    return Reply{.when = now, .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"};
  };
  EXPECT_EQ(it.wrong(), 0u);
  EXPECT_EQ(it.outcome.total.completed, 100u);
  EXPECT_GT(std::set(it.asked.begin(), it.asked.end()).size(), 90u);
}

}  // namespace
}  // namespace unrig::load
