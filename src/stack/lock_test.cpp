#include "stack/lock.h"

#include <gtest/gtest.h>

namespace unrig::stack {
namespace {

constexpr std::string_view text =
    "# a comment == 1\n"
    "Flask==3.1.3 \\\n"
    "    --hash=sha256:b4==\n"
    "psycopg2-binary==2.9.13\n"
    "psycopg==3.3.9 ; python_version < '3.14' \\\n"
    "zope.interface==8.7\n";

TEST(Lock, HasVersionsByTheNameThatAllSpellingsShare) {
  const auto lock = parse_lock(text);
  ASSERT_EQ(lock.size(), 4U);
  EXPECT_EQ(lock.at("flask").version, "3.1.3");
  EXPECT_TRUE(lock.at("flask").everywhere);
  EXPECT_EQ(lock.at("psycopg").version, "3.3.9");
  EXPECT_FALSE(lock.at("psycopg").everywhere);
  EXPECT_EQ(lock.at("zope-interface").version, "8.7");
  EXPECT_EQ(package_name("Zope.-_Interface"), "zope-interface");
}

TEST(Lock, KnowsAStacksWordsForItsPackages) {
  const auto lock = parse_lock(text);
  EXPECT_EQ(locked_version(lock, "Flask"), "3.1.3");
  EXPECT_EQ(locked_version(lock, "Flask (psycopg 3)"), "3.1.3");
  EXPECT_EQ(locked_version(lock, "psycopg2"), "2.9.13");
  EXPECT_EQ(locked_version(lock, "psycopg3"), "3.3.9");
  EXPECT_EQ(locked_version(lock, "Gunicorn"), "");
}

}  // namespace
}  // namespace unrig::stack
