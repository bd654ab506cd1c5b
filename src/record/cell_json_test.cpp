#include <gtest/gtest.h>

#include "record/json.h"

namespace unrig::record {
namespace {

Cell audited() {
  Cell cell{.stack = "aiohttp", .label = "aiohttp"};
  cell.claims = {{"workers", "2", "2", true},
                 {"event loop", "uvloop.Loop", "asyncio.Loop", false},
                 {"versions", "those of the lock", "it has no /about", std::nullopt, true}};
  cell.audit.requests = 40;
  cell.audit.hops = {{.from = "client", .to = "proxy", .connections = 1, .bytes_back = 194},
                     {.from = "app",
                      .to = "pooler",
                      .connections = 1,
                      .bytes_forth = 300,
                      .bytes_back = 500,
                      .round_trips = 4,
                      .statements = {{"SELECT hstore", 1}, {"SELECT t.a", 1.5}},
                      .transactions = 2}};
  cell.audit.workers = 2;
  cell.audit.queries = 2.5;
  cell.audit.threads_per_request = 1.5;
  cell.audit.seconds = 4.25;
  cell.audit.head_to_body_us = 40'000;
  cell.audit.database_statements = {{"SELECT t.a", 1}};
  cell.audit.system_calls = 57.5;
  cell.audit.system_calls_by_name = {{"epoll_wait", 6}, {"recvfrom", 4}};
  cell.audit.processes = 3;
  cell.audit.threads = 5;
  cell.audit.memory_bytes = 1 << 26;
  cell.audit.shares = {{.accepts = 12,
                        .held_at_once = 5,
                        .statements_at_once = 4,
                        .database_connections = 12,
                        .exchanges = 36,
                        .waits_in = {"loop.so", "python3.11"}},
                       {}};
  return cell;
}

TEST(Audit, SurvivesTheWayThroughItsText) {
  Manifest manifest;
  manifest.cells = {audited(), Cell{.stack = "tornado"}};
  const std::string text = dump(to_json(manifest));
  const auto read = manifest_from_json(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(dump(to_json(*read)), text);
  EXPECT_EQ(read->cells[0].claims[2].ok, std::nullopt);
  EXPECT_EQ(read->cells[0].audit.hops[1].round_trips, 4);
  EXPECT_EQ(read->cells[0].audit.hops[1].transactions, 2);
  EXPECT_EQ(read->cells[0].audit.hops[0].transactions, std::nullopt);
  EXPECT_EQ(read->cells[0].audit.queries, 2.5);
  EXPECT_EQ(read->cells[0].audit.threads_per_request, 1.5);
  EXPECT_EQ(read->cells[0].audit.seconds, 4.25);
  EXPECT_EQ(read->cells[0].audit.head_to_body_us, 40'000);
  EXPECT_EQ(read->cells[1].audit.seconds, std::nullopt);
  EXPECT_EQ(read->cells[1].audit.system_calls, std::nullopt);
  EXPECT_TRUE(read->cells[0].claims[2].claimed);
  EXPECT_FALSE(read->cells[0].claims[1].claimed);
  EXPECT_EQ(read->cells[0].audit.shares[0].exchanges, 36U);
  EXPECT_EQ(read->cells[0].audit.shares[0].waits_in.size(), 2U);
}

TEST(Audit, WhatWasNotCheckedSaysSo) {
  const Json json = to_json(audited().claims[2]);
  EXPECT_EQ(json.at("ok"), "not checked");
  EXPECT_EQ(to_json(Audit{}).at("system_calls"), "not checked");
}

TEST(Audit, RunsOfEarlierVersionsHaveNone) {
  Manifest manifest;
  manifest.cells = {audited()};
  Json json = to_json(manifest);
  Json& cell = json.at("cells").at(0);
  EXPECT_EQ(cell.at("claims").at(2).erase("claimed"), 1U);
  EXPECT_EQ(cell.at("audit").erase("shares"), 1U);
  const auto earlier = manifest_from_json(dump(json));
  ASSERT_TRUE(earlier) << earlier.error().what;
  EXPECT_TRUE(earlier->cells[0].unproven_claims().empty()) << "nobody knows what it claims";
  EXPECT_TRUE(earlier->cells[0].audit.shares.empty());
  json.at("cells").at(0).erase("claims");
  json.at("cells").at(0).erase("audit");
  const auto read = manifest_from_json(dump(json));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->cells[0].claims.empty());
  EXPECT_EQ(read->cells[0].audit.requests, 0);
}

}  // namespace
}  // namespace unrig::record
