#include "chain/row.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace unrig::chain {
namespace {

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
  const auto body = fmt::format("{{\"a\": \"0001000000\", \"b\": \"{}\"}}", row_b(1'000'000));
  EXPECT_FALSE(body_is_right(body));
}

}  // namespace
}  // namespace unrig::chain
