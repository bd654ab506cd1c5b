#include "base/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace unrig {
namespace {

TEST(Number, IsTheWholeText) {
  EXPECT_EQ(to_number<int>("-12"), -12);
  EXPECT_EQ(to_number<double>("1.5e3"), 1500);
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1x", "x1", "1.5"}) {
    EXPECT_FALSE(to_number<int>(text)) << text;
  }
}

TEST(Number, FitsItsType) {
  EXPECT_EQ(to_number<std::uint16_t>("65535"), 65535);
  EXPECT_FALSE(to_number<std::uint16_t>("65536"));
  EXPECT_FALSE(to_number<std::uint16_t>("-1"));
  EXPECT_FALSE(leading_number<std::uint16_t>("65536 and more"));
}

TEST(Number, LeadsAText) {
  EXPECT_EQ(leading_number<int>("4096\n"), 4096);
  EXPECT_EQ(leading_number<int>("15.18"), 15);
  for (const char* text : {"", "max", " 1"}) EXPECT_FALSE(leading_number<int>(text)) << text;
}

TEST(Number, StaysWithinItsPartOfALongerText) {
  EXPECT_EQ(to_number<int>(std::string_view("12345").substr(1, 2)), 23);
  EXPECT_EQ(leading_number<int>(std::string_view("12345").substr(1, 2)), 23);
}

TEST(Digits, FillTheirPlaceAndNothingBesideIt) {
  std::string text = "<..........>";
  const std::span<char> place(text.data() + 1, text.size() - 2);
  write_digits(place, 123);
  EXPECT_EQ(text, "<0000000123>");
  write_digits(place, 0);
  EXPECT_EQ(text, "<0000000000>");
  write_digits(place, 4'294'967'295);
  EXPECT_EQ(text, "<4294967295>");
  write_digits(place, 71'234'567'890);
  EXPECT_EQ(text, "<1234567890>") << "the last ones";
}

}  // namespace
}  // namespace unrig
