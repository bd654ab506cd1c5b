#include "plan/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

using ::testing::ElementsAre;

using Pairs = record::Pairs;

TEST(Layers, AreChangedOneByOne) {
  EXPECT_THAT(
      layer_changes({}),
      ElementsAre(Pairs{{"proxy.enabled", "false"}}, Pairs{{"pooler.enabled", "false"}},
                  Pairs{{"db.connection", "\"pooled\""}}, Pairs{{"db.connection", "\"none\""}},
                  Pairs{{"client.keep_alive", "true"}}, Pairs{{"proxy.keep_alive", "true"}},
                  Pairs{{"proxy.access_log", "true"}}));
}

TEST(Layers, WhatIsNotThereIsPutInAndWhatNeedsItIsLeftOut) {
  scenario::Scenario scenario;
  for (const auto& [knob, value] : Pairs{{"proxy.enabled", "false"}, {"db.connection", "pooled"}}) {
    ASSERT_TRUE(scenario::set_text(scenario, knob, value));
  }
  EXPECT_THAT(
      layer_changes(scenario),
      ElementsAre(Pairs{{"proxy.enabled", "true"}}, Pairs{{"pooler.enabled", "false"}},
                  Pairs{{"db.connection", "\"per-request\""}}, Pairs{{"db.connection", "\"none\""}},
                  Pairs{{"client.keep_alive", "true"}}));
}

TEST(Layers, NoneIsThereTwice) {
  scenario::Scenario scenario;
  ASSERT_TRUE(scenario::set_text(scenario, "db.connection", "none"));
  const auto changes = layer_changes(scenario);
  EXPECT_EQ(std::ranges::count(changes, Pairs{{"db.connection", "\"per-request\""}}), 1)
      << "without a pool, and with a database";
}

TEST(Layers, EachIsAValueThatItsKnobTakes) {
  for (const auto& change : layer_changes({})) {
    scenario::Scenario scenario;
    for (const auto& [knob, value] : change) {
      EXPECT_TRUE(scenario::set_text(scenario, knob, value)) << knob << " " << value;
      EXPECT_EQ(std::ranges::find(scenario::knobs(), knob, &scenario::Knob::name)->get(scenario),
                value)
          << "as a cell's knobs are written";
    }
  }
}

TEST(Layers, AreCellsBesideTheOneThatHasThemAll) {
  const record::Cell own{.stack = "a", .label = "a", .knobs = {{"clients", "50"}}};
  const auto cells = changed(own, {{{"proxy.enabled", "false"}}});
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].label, "a");
  EXPECT_EQ(cells[0].role, record::Role::asked);
  EXPECT_EQ(cells[1].label, "a proxy.enabled=false");
  EXPECT_EQ(cells[1].role, record::Role::perturbation);
  EXPECT_EQ(cells[1].knobs, (record::Pairs{{"clients", "50"}, {"proxy.enabled", "false"}}));
}

}  // namespace
}  // namespace unrig::plan
