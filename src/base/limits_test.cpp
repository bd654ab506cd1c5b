#include "base/limits.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace unrig {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most = ~std::uint64_t{0};

TEST(Limits, BothEndsAreIncluded) {
  const Limits<int> numbers{1, 512};
  EXPECT_EQ(parse_within("1", numbers).value(), 1);
  EXPECT_EQ(parse_within("512", numbers).value(), 512);
  const Limits<Duration> durations{1ms, 24h};
  EXPECT_EQ(parse_within("1ms", durations).value(), 1ms);
  EXPECT_EQ(parse_within("24h", durations).value(), 24h);
  const Limits<Rate> rates{{0.5}, {100}};
  EXPECT_EQ(parse_within("0.5/s", rates)->per_second, 0.5);
  EXPECT_EQ(parse_within("100/s", rates)->per_second, 100);
  const Limits<double> fractions{0.001, 0.5};
  EXPECT_EQ(parse_fraction_within("0.1%", fractions).value(), 0.001);
  EXPECT_EQ(parse_fraction_within("50%", fractions).value(), 0.5);
  const Limits<std::uint64_t> seeds{0, most};
  EXPECT_EQ(parse_within("0", seeds).value(), 0u);
  EXPECT_EQ(parse_within("18446744073709551615", seeds).value(), most);
}

template <class T>
void expect_told(const Result<T>& read, std::string_view limits, std::string_view text) {
  ASSERT_FALSE(read) << text;
  EXPECT_EQ(read.error().kind, ErrorKind::usage) << text;
  EXPECT_NE(read.error().what.find(limits), std::string::npos) << read.error().what;
  EXPECT_EQ(read.error().help, fmt::format("give a value from {}", limits));
}

TEST(Limits, WhatLiesBeyondIsToldTheLimits) {
  for (const char* text : {"0", "-1", "513", "4294967297", "99999999999999999999999"})
    expect_told(parse_within(text, Limits<int>{1, 512}), "1 to 512", text);
  for (const char* text : {"-1", "18446744073709551616", "-18446744073709551615"})
    expect_told(parse_within(text, Limits<std::uint64_t>{0, most}), "0 to 18446744073709551615",
                text);
  for (const char* text : {"0", "999us", "25h", "2562047h", "2562048h", "1e300h"})
    expect_told(parse_within(text, Limits<Duration>{1ms, 24h}), "1ms to 24h", text);
  for (const char* text : {"0.1/s", "101/s", "1e300/s"})
    expect_told(parse_within(text, Limits<Rate>{{0.5}, {100}}), "0.5/s to 100/s", text);
  for (const char* text : {"0.01%", "51%"})
    expect_told(parse_fraction_within(text, Limits<double>{0.001, 0.5}), "0.1% to 50%", text);
}

TEST(Limits, WhatIsNoNumberIsNotCalledTooLarge) {
  for (const char* text : {"", "-", "many", "3x", "1.5", " 3", "+3", "0x10", "1e3"}) {
    const auto read = parse_within(text, Limits<int>{1, 512});
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().what.find("no whole number"), std::string::npos) << read.error().what;
    EXPECT_EQ(read.error().help, "give one from 1 to 512");
  }
}

TEST(Limits, TheirTextsCanBeTyped) {
  EXPECT_EQ(to_text(Limits<Duration>{0ns, 90min}), "0s to 90m");
  EXPECT_EQ(to_text(Limits<Duration>{1us, 1500ms}), "1us to 1500ms");
  EXPECT_EQ(to_text(Limits<Rate>{{0.0001}, {1e9}}), "0.0001/s to 1000000000/s");
}

}  // namespace
}  // namespace unrig
