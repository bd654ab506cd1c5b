#include "trial/row_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace unrig::trial {
namespace {

std::string body_of(std::uint32_t a) {
  const auto rule = chain::RowRule::known();
  return fmt::format(R"({{"a": "{:010}", "b": "{}"}})", a, chain::row_b(a, rule));
}

TEST(RowCheck, CountsRowsOfTheAnswerBefore) {
  const RowCheck check(chain::RowRule::known());
  for (const std::uint32_t a : {0U, 7U, 7U, 7U, 8U, 7U, 7U})
    EXPECT_TRUE(check.right(body_of(a), std::nullopt));
  EXPECT_EQ(check.repeated(), 3U);
  EXPECT_FALSE(check.right("no row", std::nullopt));
  EXPECT_TRUE(check.right(body_of(7), std::nullopt));
  EXPECT_EQ(check.repeated(), 4U) << "what is no row is not between them";
}

TEST(RowCheck, WhereRequestsNameTheirRowNothingIsCounted) {
  const RowCheck check(chain::RowRule::known());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(check.right(body_of(7), 7));
  EXPECT_FALSE(check.right(body_of(7), 8));
  EXPECT_EQ(check.repeated(), 0U);
}

}  // namespace
}  // namespace unrig::trial
