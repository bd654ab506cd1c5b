#include "chain/row.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace unrig::chain {
namespace {

std::string body_of(std::uint32_t a) {
  return fmt::format("{{\"a\": \"{:010}\", \"b\": \"{}\"}}", a, row_b(a));
}

TEST(Row, IsAFunctionOfA) {
  // Computed with Python's integers.
  EXPECT_EQ(row_b(0), "01442695040888963407");
  EXPECT_EQ(row_b(1), "07806831264735756412");
  EXPECT_EQ(row_b(999999), "04596975814739650402");
}

TEST(Row, RightBodyHasBothValuesToTheDigit) {
  const auto right = fmt::format("{{\"a\": \"0000123456\", \"b\": \"{}\"}}", row_b(123456));
  ASSERT_EQ(right.size(), 48U);
  EXPECT_TRUE(body_is_right(right));
  for (std::size_t i = 0; i < right.size(); ++i) {
    auto wrong = right;
    wrong[i] = wrong[i] == '5' ? '6' : '5';
    EXPECT_FALSE(body_is_right(wrong)) << "byte " << i;
    EXPECT_FALSE(body_is_right(right.substr(0, i))) << "length " << i;
  }
  EXPECT_FALSE(body_is_right(right + " "));
  EXPECT_FALSE(body_is_right(""));
}

TEST(Row, BodyOfARowThatTheTableLacksIsWrong) {
  const auto body = body_of(1'000'000);
  EXPECT_FALSE(body_is_right(body));
  EXPECT_FALSE(body_is_right(body, 1'000'000));
}

TEST(Row, BodyOfAnotherRowThanWasAskedForIsWrong) {
  for (const std::uint32_t key : {0U, 1U, 123'456U, 999'999U}) {
    EXPECT_TRUE(body_is_right(body_of(key), key));
    for (const std::uint32_t other : {0U, 1U, 123'456U, 123'457U, 999'999U}) {
      EXPECT_EQ(body_is_right(body_of(other), key), other == key) << other << " for " << key;
      EXPECT_TRUE(body_is_right(body_of(other))) << "where nobody asked for one";
    }
  }
  auto mixed = body_of(1);
  mixed.replace(7, 10, "0000000002");
  EXPECT_FALSE(body_is_right(mixed, 1)) << "the rest of the row has to be its own, too";
  EXPECT_FALSE(body_is_right(mixed, 2));
}

}  // namespace
}  // namespace unrig::chain
