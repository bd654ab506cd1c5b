#include "report/look.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace unrig::report {
namespace {

/// A terminal that nobody looks at, with TERM and NO_COLOR as a test wants them.
class LookTest : public ::testing::Test {
 protected:
  void SetUp() override {
    main_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(main_, 0);
    ASSERT_EQ(::grantpt(main_), 0);
    ASSERT_EQ(::unlockpt(main_), 0);
    terminal_ = ::open(::ptsname(main_), O_RDWR | O_NOCTTY);
    ASSERT_GE(terminal_, 0);
    ASSERT_EQ(::pipe(pipe_), 0);
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    resize(100);
  }
  void TearDown() override {
    for (const int descriptor : {main_, terminal_, pipe_[0], pipe_[1]}) ::close(descriptor);
  }
  void resize(unsigned short columns) const {
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(terminal_, TIOCSWINSZ, &size), 0);
  }

  int main_ = -1, terminal_ = -1;
  int pipe_[2] = {-1, -1};
};

TEST_F(LookTest, ATerminalHasItsWidthAsItIsNow) {
  EXPECT_EQ(look_of(terminal_, {}).width, 100U);
  resize(80);
  EXPECT_EQ(look_of(terminal_, {}).width, 80U);
  EXPECT_EQ(look_of(terminal_, {.wide = true}).width, any_width);
  resize(0);
  EXPECT_EQ(look_of(terminal_, {}).width, any_width) << "it does not tell";
  EXPECT_EQ(look_of(pipe_[1], {}).width, any_width);
}

TEST_F(LookTest, ColoursAreForTerminalsThatTakeThem) {
  EXPECT_TRUE(look_of(terminal_, {}).colours);
  EXPECT_FALSE(look_of(pipe_[1], {}).colours);
  EXPECT_FALSE(look_of(terminal_, {.colours = false}).colours);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(look_of(terminal_, {}).colours);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(look_of(terminal_, {}).colours) << "empty is as if it were not set";
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(look_of(terminal_, {}).colours);
  EXPECT_FALSE(can_redraw(terminal_));
  ::unsetenv("TERM");
  EXPECT_FALSE(look_of(terminal_, {}).colours);
}

TEST_F(LookTest, WhatIsDrawnLeavesTheCursorOnItsLine) {
  resize(10);
  EXPECT_EQ(drawable("123456789", terminal_), "123456789");
  EXPECT_EQ(drawable("1234567890", terminal_), "12345678…");
  EXPECT_EQ(drawable("1234567890", pipe_[1]), "1234567890");
}

TEST(OneLine, CutsByCodePoints) {
  EXPECT_EQ(one_line("ééé", 3), "ééé");
  EXPECT_EQ(one_line("éééé", 3), "éé…");
  EXPECT_EQ(one_line("a\nb\tc", 9), "a b c");
  EXPECT_EQ(one_line("ab", 1), "…");
  EXPECT_EQ(one_line("", 5), "");
}

TEST(Toned, WithoutColoursIsTheTextItself) {
  EXPECT_EQ(toned("x", Tone::bad, {}), "x");
  EXPECT_EQ(toned("x", Tone::strong, {.colours = true}), "\x1b[1mx\x1b[0m");
  EXPECT_EQ(toned("", Tone::strong, {.colours = true}), "");
}

}  // namespace
}  // namespace unrig::report
