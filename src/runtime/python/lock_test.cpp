#include "runtime/python/lock.h"

#include <gmock/gmock.h>

namespace unrig::runtime::python {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  EXPECT_EQ(locked_version(lock, "Zope Interface (7)"), "8.7");
  EXPECT_EQ(locked_version(lock, "Gunicorn"), "");
}

TEST(Lock, IsComparedWithWhatIsInstalledBothWays) {
  const auto lock = parse_lock(
      "flask==3.1.3 \\\n"
      "Typing_Extensions==4.16.0 ; python_full_version < '3.15' \\\n"
      "tzdata==2026.6 ; sys_platform == 'win32' \\\n"
      "zope-event==6.2\n");
  const std::map<std::string, std::string> as_locked = {
      {"Flask", "3.1.3"}, {"typing-extensions", "4.16.0"}, {"zope.event", "6.2"}};
  EXPECT_THAT(differences(lock, as_locked), IsEmpty()) << "tzdata is for other machines";

  auto other = as_locked;
  other["Flask"] = "3.1.2";
  EXPECT_THAT(differences(lock, other), ElementsAre("Flask 3.1.2 instead of 3.1.3"));
  other = as_locked;
  other["gevent"] = "1";
  other.erase("zope.event");
  EXPECT_THAT(differences(lock, other),
              ElementsAre("gevent 1 is not in the lock", "zope-event 6.2 is missing"));
}

}  // namespace
}  // namespace unrig::runtime::python
