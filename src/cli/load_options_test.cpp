#include "cli/load_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"

namespace unrig::cli {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Result<load::Plan> plan(std::vector<const char*> words) {
  words.insert(words.begin(), {"unrig", "load"});
  const auto options = parse(static_cast<int>(words.size()), words.data());
  if (!options) return std::unexpected(options.error());
  return plan_of(std::get<LoadOptions>(options->command));
}

TEST(LoadOptions, ClosedLoopUnlessThereIsARate) {
  const auto closed = plan({"http://127.0.0.1:8080/a?b", "-c", "7", "-d", "3s", "--think-time",
                            "20ms", "--think", "exponential", "-X", "PUT", "-H", "Accept: a:b",
                            "--no-keep-alive", "--expect-status", "404", "--seed", "9"});
  ASSERT_TRUE(closed) << closed.error().what;
  const auto& clients = std::get<load::ClosedLoop>(closed->loop);
  EXPECT_EQ(clients.clients, 7);
  EXPECT_EQ(clients.think_time, 20ms);
  EXPECT_EQ(clients.think, load::ThinkTime::exponential);
  EXPECT_EQ(closed->duration, 3s);
  EXPECT_EQ(closed->request.path, "/a?b");
  EXPECT_EQ(closed->request.method, "PUT");
  ASSERT_EQ(closed->request.headers.size(), 1u);
  EXPECT_EQ(closed->request.headers.front(), std::pair(std::string("Accept"), std::string("a:b")));
  EXPECT_FALSE(closed->keep_alive);
  EXPECT_EQ(closed->expect.status, 404);
  EXPECT_EQ(closed->seed, 9u);
  EXPECT_EQ(closed->address.authority, "127.0.0.1:8080");
}

TEST(LoadOptions, AuthoritiesMayBeGiven) {
  const auto trusting = plan({"https://127.0.0.1", "--cacert", "a.pem"});
  ASSERT_TRUE(trusting) << trusting.error().what;
  ASSERT_TRUE(trusting->tls);
  EXPECT_TRUE(trusting->tls->verify);
  EXPECT_EQ(trusting->tls->authorities, "a.pem");
}

TEST(LoadOptions, ExpectationsOfABodyAddUp) {
  const auto plain = plan({"http://127.0.0.1"});
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->expect, load::Expectation{});
  const auto expecting = plan({"http://127.0.0.1", "--expect-json", "user.id=7", "--expect-length",
                               "100..200", "--expect-json", "name=Ann", "--expect-status", "201"});
  ASSERT_TRUE(expecting) << expecting.error().what;
  EXPECT_EQ(to_text(expecting->expect), "status 201, 100..200 bytes, user.id=7, name=\"Ann\"");
}

TEST(LoadOptions, MembersHaveALimit) {
  std::vector<const char*> words{"http://127.0.0.1"};
  for (std::size_t i = 0; i < http::most_members; ++i)
    words.insert(words.end(), {"--expect-json", "a=1"});
  EXPECT_TRUE(plan(words));
  words.insert(words.end(), {"--expect-json", "a=1"});
  const auto many = plan(words);
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().what, HasSubstr("65 times: the limit is 64"));
}

TEST(LoadOptions, RateMakesTheLoopOpenAndMayBeARamp) {
  const auto open = plan({"https://127.0.0.1", "--rate", "100/s..2000/s", "--arrivals", "poisson",
                          "-c", "5", "--pacing", "spin", "--backend", "epoll", "--insecure"});
  ASSERT_TRUE(open) << open.error().what;
  const auto& loop = std::get<load::OpenLoop>(open->loop);
  EXPECT_EQ(loop.rate.per_second, 100);
  ASSERT_TRUE(loop.end_rate);
  EXPECT_EQ(loop.end_rate->per_second, 2000);
  EXPECT_EQ(loop.arrivals, load::ArrivalProcess::poisson);
  EXPECT_EQ(loop.connections, 5);
  EXPECT_EQ(open->pacing, load::Pacing::spin);
  EXPECT_EQ(open->backend, load::Backend::epoll);
  ASSERT_TRUE(open->tls);
  EXPECT_FALSE(open->tls->verify);
}

TEST(LoadOptions, WrongOnesAreUsageErrorsThatNameThem) {
  const std::string url = "http://127.0.0.1:1";
  const std::vector<std::pair<std::vector<const char*>, const char*>> wrong = {
      {{"127.0.0.1:1"}, "scheme"},
      {{"ftp://127.0.0.1"}, "ftp"},
      {{"http://host.invalid"}, "host.invalid"},
      {{url.c_str(), "-c", "0"}, "clients"},
      {{url.c_str(), "--rate", "100"}, "--rate"},
      {{url.c_str(), "--rate", "0/s"}, "--rate"},
      {{url.c_str(), "--rate", "-5/s"}, "--rate"},
      {{url.c_str(), "--body", "/no/such/file"}, "/no/such/file"},
      {{url.c_str(), "--expect-body", "/no/such/file"}, "--expect-body"},
      {{url.c_str(), "-X", "HEAD", "--expect-body", "/dev/null"}, "HEAD"},
      {{url.c_str(), "-X", "HEAD", "--expect-json", "a=1"}, "HEAD"},
      {{url.c_str(), "-X", "HEAD", "--expect-length", "1"}, "HEAD"},
      {{url.c_str(), "--expect-json", "a"}, "--expect-json"},
      {{url.c_str(), "--expect-json", "a=1", "--expect-json", "b=[]"}, "--expect-json"},
      {{url.c_str(), "--expect-length", "2..1"}, "--expect-length"},
      {{url.c_str(), "--expect-json", "a=1", "--expect-body", "/dev/null"}, "--expect-body"},
      {{url.c_str(), "--expect-length", "1", "--expect-body", "/dev/null"}, "--expect-body"},
      {{url.c_str(), "-H", "nothing"}, "-H"},
      {{url.c_str(), "--rate", "5/s", "--think-time", "1s"}, "--think-time"},
      {{url.c_str(), "--arrivals", "poisson"}, "--rate"},
      {{url.c_str(), "--pacing", "spin"}, "--rate"},
      {{url.c_str(), "--think", "exponential"}, "--think-time"},
      {{}, "URL"}};
  for (const auto& [words, named] : wrong) {
    const auto found = plan(words);
    ASSERT_FALSE(found) << named;
    EXPECT_EQ(found.error().kind, ErrorKind::usage) << named;
    EXPECT_THAT(found.error().what, HasSubstr(named));
  }
}

TEST(LoadOptions, LimitsOfEveryNumberAreKeptAndTold) {
  struct Case {
    const char *option, *least, *most, *below, *beyond, *limits;
  };
  const Case cases[] = {{"-c", "1", "1000000", "0", "1000001", "1 to 1000000"},
                        {"--threads", "1", "1024", "0", "1025", "1 to 1024"},
                        {"--expect-status", "200", "599", "199", "600", "200 to 599"},
                        {"-d", "1ms", "1000h", "0s", "2562047h", "1ms to 1000h"},
                        {"--warmup", "0s", "24h", "-1s", "2562048h", "0s to 24h"},
                        {"--timeout", "1ms", "24h", "0", "2562047h", "1ms to 24h"},
                        {"--think-time", "0", "24h", "-1ms", "2562047h", "0s to 24h"},
                        {"--seed", "0", "18446744073709551615", "-1", "18446744073709551616",
                         "0 to 18446744073709551615"}};
  for (const auto& [option, least, most, below, beyond, limits] : cases) {
    for (const char* good : {least, most}) {
      const auto read = plan({"http://127.0.0.1:1", option, good});
      EXPECT_TRUE(read) << option << " " << good << ": " << read.error().what;
    }
    for (const char* bad : {below, beyond}) {
      const auto read = plan({"http://127.0.0.1:1", option, bad});
      ASSERT_FALSE(read) << option << " " << bad;
      EXPECT_EQ(read.error().kind, ErrorKind::usage);
      const bool negative_time = std::string_view(bad).starts_with('-') && option[2] != 's';
      if (!negative_time) {
        EXPECT_EQ(read.error().help, std::string("give a value from ") + limits) << option;
      }
      EXPECT_THAT(read.error().what, HasSubstr(bad));
    }
  }
}

TEST(LoadOptions, ScheduleHasRequestsAndFitsIntoMemory) {
  EXPECT_TRUE(plan({"http://127.0.0.1:1", "--rate", "60/min", "-d", "1s"}));
  EXPECT_TRUE(plan({"http://127.0.0.1:1", "--rate", "1000/s", "-d", "36000s"}));
  const auto none = plan({"http://127.0.0.1:1", "--rate", "1/h", "-d", "1s"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::usage);
  EXPECT_EQ(none.error().help, "for ten requests: --duration 36000s, or --rate 10/s");
  const auto many = plan({"http://127.0.0.1:1", "--rate", "1000000000/s", "-d", "2s"});
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().what, HasSubstr("the limit is 1000000000"));
  for (const char* rate : {"0.00009/s", "1000000001/s", "1/s..1000000001/s"}) {
    const auto read = plan({"http://127.0.0.1:1", "--rate", rate});
    ASSERT_FALSE(read) << rate;
    EXPECT_THAT(read.error().help, HasSubstr("0.0001/s to 1000000000/s"));
  }
}

}  // namespace
}  // namespace unrig::cli
