#include "stack/request_toml.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"
#include "base/toml_reader.h"

namespace unrig::stack {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;

class RequestTest : public FolderTest {
 protected:
  [[nodiscard]] Result<OwnRequest> read(std::string_view content) const {
    const auto file = write("stack.toml", content);
    const auto table = parse_toml(file);
    EXPECT_TRUE(table);
    return read_request(file, *table);
  }
};

TEST_F(RequestTest, HasEveryKey) {
  const auto own = read(R"(method = "POST"
path = "/users/7?full=1"
headers = { Authorization = "Bearer x", Accept = "application/json" }
body = '{"a":1}'
expect = { status = 201, json = { "user.id" = 7 }, length = "100..200" }
)");
  ASSERT_TRUE(own) << own.error().what;
  EXPECT_EQ(own->request.method, "POST");
  EXPECT_EQ(own->request.path, "/users/7?full=1");
  EXPECT_EQ(own->request.body, R"({"a":1})");
  EXPECT_THAT(own->request.headers,
              ElementsAre(Pair("Accept", "application/json"), Pair("Authorization", "Bearer x")));
  EXPECT_EQ(own->text(), "POST /users/7?full=1: status 201, 100..200 bytes, user.id=7");
}

TEST_F(RequestTest, IsAGetOfWhichTheStatusCountsWhereNothingElseIsSaid) {
  const auto own = read("path = \"/\"\n");
  ASSERT_TRUE(own) << own.error().what;
  EXPECT_EQ(own->text(), "GET /: status 200");
  EXPECT_FALSE(own->expect.of_body());
}

TEST_F(RequestTest, WhatCannotBeAskedIsToldWithItsPlace) {
  const std::string longest(longest_request_body + 1, 'x');
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"method = \"GET\"", "'path' is missing"},
      {"path = \"users\"", "1:8: 'users' is no path"},
      {"path = \"/a b\"", "is not a path"},
      {"path = \"/\"\nmethod = \"HEAD\"", "2:10: the answer to HEAD has no body"},
      {"path = \"/\"\nmethod = \"CONNECT\"", "CONNECT"},
      {"path = \"/\"\nheaders = { X_A = \"1\" }", "underscore"},
      {"path = \"/\"\nheaders = { Host = 1 }", "'Host' must be a text"},
      {"path = \"/\"\nheaders = { Connection = \"close\" }", "is set by unrig"},
      {"path = \"/\"\nheaders = { X-A = \"" + longest + "\" }", "path and headers of more than"},
      {"path = \"/\"\nbody = \"" + longest + "\"", "proxy may write to its disk"},
      {"path = \"/\"\nexpect = { status = 99 }", "'status' must be a number"},
      {"path = \"/\"\nexpekt = { status = 200 }", "expekt"}};
  for (const auto& [content, what] : wrong) {
    const auto own = read(content);
    ASSERT_FALSE(own) << content;
    EXPECT_EQ(own.error().kind, ErrorKind::usage);
    EXPECT_THAT(own.error().what, HasSubstr(what));
    EXPECT_THAT(own.error().what, HasSubstr("stack.toml:"));
  }
}

}  // namespace
}  // namespace unrig::stack
