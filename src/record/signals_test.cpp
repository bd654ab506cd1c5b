#include "record/signals.h"

#include <gtest/gtest.h>

namespace unrig::record {
namespace {

TEST(Signals, WhatNobodyLookedAtIsNotZero) {
  const Reading<double> reading;
  EXPECT_FALSE(reading);
  EXPECT_EQ(reading.why(), "nobody looked");
  EXPECT_EQ(reading.value_or(7), 7);
  EXPECT_TRUE(Reading<double>(0)) << "0 is a value";
  EXPECT_EQ(Reading<double>(0).why(), "");
  EXPECT_NE(Reading<double>(0), Reading<double>::not_checked("hidden"));
}

TEST(Signals, ComponentsAreKnownByTheirNames) {
  for (const Component component : all_components) {
    EXPECT_EQ(component_from(to_text(component)), component);
  }
  EXPECT_FALSE(component_from("client"));
}

}  // namespace
}  // namespace unrig::record
