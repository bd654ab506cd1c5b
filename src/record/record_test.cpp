#include "record/record.h"

#include <gtest/gtest.h>

#include "record/counts.h"

namespace unrig::record {
namespace {

using namespace std::chrono_literals;

TEST(Quantiles, OfATrialNeedThemToo) {
  stats::Histogram times;
  times.record(1ms, 325);
  const Quantiles found = quantiles(times);
  EXPECT_TRUE(found.p95);
  EXPECT_FALSE(found.p99) << "the fourth largest of 325";
  EXPECT_FALSE(found.p999);
  EXPECT_NEAR(found.max.value_or(0), 1000, 1);
  EXPECT_EQ(found.min, 1000) << "exact, and there from the first one on";
  EXPECT_FALSE(quantiles({}).max);
}

TEST(Audit, FindsHopsAndFalseClaims) {
  Cell cell;
  cell.claims = {{"workers", "2", "2", true},
                 {"event loop", "uvloop.Loop", "asyncio.Loop", false},
                 {"versions", "those of the lock", "it has no /about", std::nullopt}};
  cell.audit.hops = {
      {.from = "client", .to = "proxy"},
      {.from = "app", .to = "pooler", .statements = {{"SELECT hstore", 1}, {"SELECT t.a", 1.5}}}};
  ASSERT_NE(cell.audit.hop("app"), nullptr);
  EXPECT_DOUBLE_EQ(cell.audit.hop("app")->statements_per_request(), 2.5);
  EXPECT_EQ(cell.audit.hop("pooler"), nullptr);
  EXPECT_EQ(cell.false_claims(),
            std::vector<std::string>{"event loop: expected uvloop.Loop, observed asyncio.Loop"});
}

TEST(Claims, ThatAreMadeAndNotCheckedAreUnproven) {
  Cell cell;
  cell.claims = {{"workers", "2", "2", true, true},
                 {"event loop", "uvloop.Loop", "asyncio.Loop", false, true},
                 {"C extensions", "none claimed", "5 loaded", std::nullopt, false},
                 {"driver", "aiopg", "Permission denied", std::nullopt, true}};
  const std::vector<std::string> unproven{"driver: expected aiopg, not checked: Permission denied"};
  EXPECT_EQ(cell.unproven_claims(), unproven);
  Manifest manifest;
  EXPECT_FALSE(is_as_claimed(manifest, cell));
  cell.claims.erase(cell.claims.begin() + 1);
  EXPECT_FALSE(is_as_claimed(manifest, cell));
  manifest.accept_unproven = true;
  EXPECT_TRUE(is_as_claimed(manifest, cell));
  cell.claims[0].ok = false;
  EXPECT_FALSE(is_as_claimed(manifest, cell)) << "what is false nobody accepts";
}

}  // namespace
}  // namespace unrig::record
