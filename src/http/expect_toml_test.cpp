#include "http/expect_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::http {
namespace {

using ::testing::HasSubstr;

Result<Expectation> read(std::string_view text) {
  const toml::table document = toml::parse(text);
  return read_expectation("stack.toml", *document.get_as<toml::table>("expect"));
}

TEST(ExpectationToml, HasStatusLengthAndMembers) {
  const auto expect = read(R"([expect]
status = 201
json = { "user.id" = 7, ok = true, "items.0.name" = "Ann" }
length = "100..200"
)");
  ASSERT_TRUE(expect) << expect.error().what;
  EXPECT_EQ(to_text(*expect),
            R"(status 201, 100..200 bytes, items.0.name="Ann", ok=true, user.id=7)");
}

TEST(ExpectationToml, NothingIsRequiredAndLengthMayBeANumber) {
  EXPECT_EQ(read("expect = {}"), Expectation{});
  EXPECT_EQ(read("expect = { length = 48 }"), (Expectation{.length = LengthRange{48, 48}}));
}

TEST(ExpectationToml, TablesAreOneMoreName) {
  const auto expect = read("[expect.json.user]\nid = 7\nrate = 0.5\n");
  ASSERT_TRUE(expect) << expect.error().what;
  EXPECT_EQ(to_text(*expect), "status 200, user.id=7, user.rate=0.5");
}

TEST(ExpectationToml, WhatIsWrongHasItsPlace) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"expect = { status = 99 }", "'status' must be a number from 200 to 599"},
      {"expect = { status = 18446744073 }", "200 to 599"},
      {"expect = { status = \"200\" }", "200 to 599"},
      {"expect = { length = true }", "100..200"},
      {"expect = { length = \"5..4\" }", "wrong way round"},
      {"expect = { length = -1 }", "no length"},
      {"expect = { json = { a = [1] } }", "a text, a number"},
      {"expect = { json = { a = 2026-11-28 } }", "a text, a number"},
      {"expect = { json = { a = nan } }", "a text, a number"},
      {"expect = { json = { a = {} } }", "names no member"},
      {"expect = { json = {} }", "names no member"},
      {"expect = { json = { \"a..b\" = 1 } }", "'a..b' names no member"},
      {"expect = { json = { \"a.a.a.a.a.a.a.a\" = { \"a.a.a.a.a.a.a.a\" = { a = 1 } } } }",
       "more than 16 names"},
      {"expect = { json = 7 }", "'json' must be a table"},
      {"expect = { jsn = {} }", "did you mean 'json'?"}};
  for (const auto& [text, said] : all) {
    const auto expect = read(text);
    ASSERT_FALSE(expect) << text;
    EXPECT_EQ(expect.error().kind, ErrorKind::usage);
    EXPECT_THAT(expect.error().what + expect.error().help, HasSubstr(said)) << text;
    EXPECT_THAT(expect.error().what, HasSubstr("stack.toml:1:")) << text;
  }
}

}  // namespace
}  // namespace unrig::http
