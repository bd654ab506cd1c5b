#include "chain/questions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "chain/row.h"

namespace unrig::chain {
namespace {

const host::Endpoint front = {"192.0.2.7", 8080};

Questions questions(const scenario::Scenario& scenario, std::uint64_t seed = 1) {
  return {scenario, front, RandomStream(seed, "keys")};
}

TEST(Questions, HaveTenDigitsWhateverTheRow) {
  EXPECT_EQ(path_for(std::nullopt), "/test");
  EXPECT_EQ(path_for(0), "/test?a=0000000000");
  EXPECT_EQ(path_for(row_count - 1), "/test?a=0000999999");
}

TEST(Questions, AreTheClientsAtTheFrontAndTheProxysAtTheApplication) {
  scenario::Scenario scenario;
  EXPECT_EQ(questions(scenario).to_front().bytes,
            "GET /test HTTP/1.1\r\nHost: 192.0.2.7:8080\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(questions(scenario).to_application().bytes,
            "GET /test HTTP/1.0\r\nHost: 192.0.2.7\r\nConnection: close\r\n\r\n");
  scenario.client_keep_alive = scenario.proxy_keep_alive = true;
  EXPECT_EQ(questions(scenario).to_front().bytes,
            "GET /test HTTP/1.1\r\nHost: 192.0.2.7:8080\r\n\r\n");
  EXPECT_EQ(questions(scenario).to_application().bytes,
            "GET /test HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n");
  scenario.client_keep_alive = false;
  EXPECT_EQ(questions(scenario).to_application().bytes,
            "GET /test HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n")
      << "what the client does with its connection does not pass the proxy";
}

TEST(Questions, AreTheClientsAtTheApplicationWhereThereIsNoProxy) {
  scenario::Scenario scenario;
  scenario.proxy_enabled = false;
  for (const auto key : {scenario::AppKey::own, scenario::AppKey::request}) {
    scenario.app_key = key;
    EXPECT_EQ(questions(scenario).to_application().bytes, questions(scenario).to_front().bytes);
  }
}

TEST(Questions, NameARowWhereTheScenarioSaysSo) {
  scenario::Scenario scenario;
  EXPECT_EQ(questions(scenario).to_front().key, std::nullopt);
  EXPECT_EQ(questions(scenario).to_application().key, std::nullopt);
  scenario.app_key = scenario::AppKey::request;
  auto asked = questions(scenario);
  std::set<std::uint32_t> keys;
  for (int i = 0; i < 100; ++i) {
    for (const Question& one : {asked.to_front(), asked.to_application()}) {
      ASSERT_TRUE(one.key);
      EXPECT_LT(*one.key, row_count);
      EXPECT_TRUE(one.bytes.starts_with(fmt::format("GET /test?a={:010} HTTP/1.", *one.key)));
      keys.insert(*one.key);
    }
  }
  EXPECT_GT(keys.size(), 190U);
  EXPECT_NE(questions(scenario, 1).to_front().key, questions(scenario, 2).to_front().key);
}

TEST(Questions, AnotherPathIsAskedForAsItIs) {
  scenario::Scenario scenario;
  scenario.app_key = scenario::AppKey::request;
  const auto at_front = questions(scenario).to_front("/ready");
  EXPECT_TRUE(at_front.bytes.starts_with("GET /ready HTTP/1.1\r\n"));
  EXPECT_EQ(at_front.key, std::nullopt);
  EXPECT_TRUE(questions(scenario).to_application("/ready").bytes.starts_with("GET /ready HTTP/1"));
}

TEST(Questions, AnOwnRequestIsAskedInsteadOfARow) {
  const http::Request own{.method = "POST",
                          .path = "/orders",
                          .headers = {{"X-Token", "t"}, {"Host", "Shop.Example:80"}},
                          .body = "{}"};
  scenario::Scenario scenario;
  scenario.app_key = scenario::AppKey::request;
  Questions asked(scenario, front, RandomStream(1, "keys"),
                  stack::OwnRequest{.request = own, .expect = {}});
  EXPECT_EQ(asked.to_front().bytes,
            "POST /orders HTTP/1.1\r\nX-Token: t\r\nHost: Shop.Example:80\r\n"
            "Content-Length: 2\r\nConnection: close\r\n\r\n{}");
  EXPECT_EQ(asked.to_front().key, std::nullopt);
  EXPECT_EQ(asked.to_application().bytes,
            "POST /orders HTTP/1.0\r\nHost: shop.example\r\nConnection: close\r\n"
            "Content-Length: 2\r\nX-Token: t\r\n\r\n{}");
  EXPECT_TRUE(asked.to_front("/test").bytes.starts_with("GET /test HTTP/1.1\r\n"))
      << "it has no row there";
}

}  // namespace
}  // namespace unrig::chain
