#include "base/deflate.h"

#include <gtest/gtest.h>

namespace unrig {
namespace {

TEST(Deflate, GivesBackWhatItTook) {
  const std::string text(100'000, 'a');
  EXPECT_LT(deflated(text).size(), 1000U);
  EXPECT_EQ(inflated(deflated(text), text.size()), text);
  EXPECT_EQ(inflated(deflated(""), 10), "");
}

TEST(Deflate, HoldsNoMoreThanTheLimit) {
  EXPECT_FALSE(inflated(deflated(std::string(100'000, 'a')), 99'999));
}

TEST(Deflate, BytesThatAreNotZlibAreNothing) {
  EXPECT_FALSE(inflated("{}", 1000));
  EXPECT_FALSE(inflated("", 1000));
  const std::string whole = deflated("some text");
  EXPECT_FALSE(inflated(whole.substr(0, whole.size() - 1), 1000));
}

}  // namespace
}  // namespace unrig
