#include "chain/row.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "base/random.h"

namespace unrig::chain {
namespace {

// That of the test vectors: bytes 0 to 15, the lowest of each number first.
constexpr std::string_view published_secret = "07060504030201000f0e0d0c0b0a0908";

RowRule rule_of(std::string_view secret) {
  const auto rule = RowRule::of_secret(secret);
  EXPECT_TRUE(rule) << secret;
  return rule.value_or(RowRule::known());
}
std::string body_of(std::uint32_t a, const RowRule& rule) {
  return fmt::format("{{\"a\": \"{:010}\", \"b\": \"{}\"}}", a, row_b(a, rule));
}

/// What holds for the rule that everybody knows and for those that nobody does.
class Row : public ::testing::TestWithParam<bool> {
 protected:
  RowRule rule_ = GetParam() ? RowRule::known() : rule_of(published_secret);
};
INSTANTIATE_TEST_SUITE_P(OfBothKinds, Row, ::testing::Bool());

TEST(RowRule, TheKnownOneIsThatOfTheDocument) {
  // Computed with Python's integers.
  EXPECT_EQ(row_b(0, RowRule::known()), "01442695040888963407");
  EXPECT_EQ(row_b(1, RowRule::known()), "07806831264735756412");
  EXPECT_EQ(row_b(999999, RowRule::known()), "04596975814739650402");
}

TEST(RowRule, OfASecretIsSipHash) {
  // The vector for a message of the four bytes 0 to 3, as the authors publish it.
  EXPECT_EQ(rule_of(published_secret).b(0x03020100), 0xcf2794e0277187b7U);
}

TEST(RowRule, DrawnTwiceAreTwo) {
  const auto one = rule_of(random_secret(row_secret_bytes));
  const auto other = rule_of(random_secret(row_secret_bytes));
  std::set<std::uint64_t> seen;
  constexpr std::uint32_t rows = 1000;
  for (std::uint32_t a = 0; a < rows; ++a) {
    seen.insert({one.b(a), other.b(a), RowRule::known().b(a)});
    EXPECT_TRUE(body_is_right(body_of(a, one), a, one));
    EXPECT_FALSE(body_is_right(body_of(a, one), a, other));
    EXPECT_FALSE(body_is_right(body_of(a, one), {}, RowRule::known()));
    EXPECT_FALSE(body_is_right(body_of(a, RowRule::known()), {}, one));
  }
  EXPECT_EQ(seen.size(), 3 * rows);
}

TEST(RowRule, TwoRowsDoNotGiveAwayTheOthers) {
  // As they would, were the rule a multiplier and an increment.
  const auto rule = rule_of(published_secret);
  const auto step = rule.b(1) - rule.b(0);
  for (std::uint32_t a = 2; a < 100; ++a) EXPECT_NE(rule.b(a), rule.b(0) + a * step) << a;
}

TEST(RowRule, BothHalvesOfASecretCount) {
  std::string secret(published_secret);
  for (char& digit : secret) {
    const char before = std::exchange(digit, digit == '7' ? '8' : '7');
    EXPECT_NE(rule_of(secret).b(1), rule_of(published_secret).b(1));
    digit = before;
  }
}

TEST(RowRule, IsNoneOfAnythingElseThanASecret) {
  const std::string good(published_secret);
  for (const auto& wrong : {std::string(), good.substr(1), good + "0", "x" + good.substr(1),
                            good.substr(1) + "g", std::string(good.size(), ' ')}) {
    EXPECT_FALSE(RowRule::of_secret(wrong)) << wrong;
  }
}

TEST_P(Row, RightBodyHasBothValuesToTheDigit) {
  const auto right = body_of(123456, rule_);
  ASSERT_EQ(right.size(), 48U);
  EXPECT_TRUE(body_is_right(right, {}, rule_));
  for (std::size_t i = 0; i < right.size(); ++i) {
    auto wrong = right;
    wrong[i] = wrong[i] == '5' ? '6' : '5';
    EXPECT_FALSE(body_is_right(wrong, {}, rule_)) << "byte " << i;
    EXPECT_FALSE(body_is_right(right.substr(0, i), {}, rule_)) << "length " << i;
  }
  EXPECT_FALSE(body_is_right(right + " ", {}, rule_));
  EXPECT_FALSE(body_is_right("", {}, rule_));
}

TEST_P(Row, BodyOfARowThatTheTableLacksIsWrong) {
  const auto body = body_of(1'000'000, rule_);
  EXPECT_FALSE(body_is_right(body, {}, rule_));
  EXPECT_FALSE(body_is_right(body, 1'000'000, rule_));
}

TEST_P(Row, BodyOfAnotherRowThanWasAskedForIsWrong) {
  for (const std::uint32_t key : {0U, 1U, 123'456U, 999'999U}) {
    EXPECT_TRUE(body_is_right(body_of(key, rule_), key, rule_));
    for (const std::uint32_t other : {0U, 1U, 123'456U, 123'457U, 999'999U}) {
      EXPECT_EQ(body_is_right(body_of(other, rule_), key, rule_), other == key)
          << other << " for " << key;
      EXPECT_TRUE(body_is_right(body_of(other, rule_), {}, rule_)) << "where nobody asked for one";
    }
  }
  auto mixed = body_of(1, rule_);
  mixed.replace(7, 10, "0000000002");
  EXPECT_FALSE(body_is_right(mixed, 1, rule_)) << "the rest of the row has to be its own, too";
  EXPECT_FALSE(body_is_right(mixed, 2, rule_));
}

}  // namespace
}  // namespace unrig::chain
