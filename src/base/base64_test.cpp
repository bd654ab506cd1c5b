#include "base/base64.h"

#include <gtest/gtest.h>

namespace unrig {
namespace {

TEST(Base64, IsAsTheStandardHasIt) {
  // RFC 4648, 10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64(std::string("\xff\xfe\0", 3)), "//4A");
}

TEST(Base64, IsReadBack) {
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("//4A"), std::string("\xff\xfe\0", 3));
  EXPECT_EQ(from_base64(""), "");
}

TEST(Base64, RefusesWhatIsNone) {
  EXPECT_FALSE(from_base64("Zm9"));
  EXPECT_FALSE(from_base64("Zm9*"));
  EXPECT_FALSE(from_base64("===="));
}

}  // namespace
}  // namespace unrig
