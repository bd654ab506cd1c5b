#include "base/text.h"

#include <gtest/gtest.h>

namespace unrig {
namespace {

TEST(Text, DidYouMeanFindsTheNearestName) {
  const std::vector<std::string> names{"flask-gunicorn", "flask-gevent", "falcon-uwsgi"};
  EXPECT_EQ(did_you_mean("flask-gunicron", names), "flask-gunicorn");
  EXPECT_EQ(did_you_mean("flaks-gevent", names), "flask-gevent");
  EXPECT_EQ(did_you_mean("express", names), "");
  EXPECT_EQ(did_you_mean(std::string(1000, 'x'), names), "");
}

TEST(Text, PrintableLeavesNothingThatSteersATerminal) {
  EXPECT_EQ(printable("plain\n\ttext \xc3\xa9"), "plain\n\ttext \xc3\xa9");
  EXPECT_EQ(printable("\x1b[2J\r"), "\\x1b[2J\\x0d");
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");           // C1 control
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(printable("a\xe2\x82"), "a\\xe2\\x82");         // cut short
}

TEST(Text, LastLines) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb", 5), "a\nb");
  EXPECT_EQ(last_lines("", 5), "");
}

TEST(Text, SplitAndTrim) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(trim(" \t a b\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(ShellWord, IsQuotedWhereItHasTo) {
  EXPECT_EQ(shell_word("--set=db.delay"), "--set=db.delay");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace unrig
