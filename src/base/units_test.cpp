#include "base/units.h"

#include <gtest/gtest.h>

namespace unrig {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsAreReadWithTheirUnit) {
  EXPECT_EQ(parse_duration("20ms").value(), 20ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("2m").value(), 120s);
  EXPECT_EQ(parse_duration("1h").value(), 3600s);
  EXPECT_EQ(parse_duration("250us").value(), 250us);
  EXPECT_EQ(parse_duration("0").value(), 0s);
}

TEST(Units, WholeSecondsAreExact) {
  EXPECT_EQ(seconds(30s), 30) << "and no 30.000000000000004 in a record";
  EXPECT_EQ(seconds(200ms), 0.2);
}

TEST(Units, DurationsThatAreNoneAreUsageErrors) {
  for (const char* text : {"", "20", "ms", "-1s", "nan", "inf", "1 s", "1e300h", "5 parsecs"}) {
    const auto read = parse_duration(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::usage) << text;
  }
}

TEST(Units, RatesNeedAUnitAndAreAboveZero) {
  EXPECT_DOUBLE_EQ(parse_rate("1000/s")->per_second, 1000);
  for (const char* text : {"60/m", "60/min", "1/sec", "3600/h", "3600/hour"})
    EXPECT_DOUBLE_EQ(parse_rate(text)->per_second, 1) << text;
  for (const char* text : {"1000", "0/s", "-5/s", "0", "/s"})
    EXPECT_FALSE(parse_rate(text)) << text;
}

TEST(Units, WhatHasNoUnitIsShownWithOne) {
  EXPECT_EQ(parse_rate("250").error().help,
            "write it like 250/s (units: /s, /m, /h, /sec, /min, /hour)");
  EXPECT_TRUE(parse_duration("20").error().help.starts_with("write it like 20s "));
}

TEST(Units, Fractions) {
  EXPECT_DOUBLE_EQ(parse_fraction("2%").value(), 0.02);
  EXPECT_DOUBLE_EQ(parse_fraction("0.02").value(), 0.02);
  for (const char* text : {"0", "0%", "100%", "2", "x"}) EXPECT_FALSE(parse_fraction(text)) << text;
}

TEST(Units, DurationsAreWrittenAsTheyAreRead) {
  for (const char* text : {"20ms", "0s", "90s", "1500ms", "7us", "3ns"}) {
    EXPECT_EQ(to_text(parse_duration(text).value()), text);
  }
  EXPECT_EQ(human(245s), "4m 05s");
  EXPECT_EQ(human(3723s), "1h 02m");
  EXPECT_EQ(human(1200ms), "1.2 s");
  EXPECT_EQ(human(153ms), "153 ms");
  EXPECT_EQ(from_seconds(0.25), 250ms);
}

}  // namespace
}  // namespace unrig
