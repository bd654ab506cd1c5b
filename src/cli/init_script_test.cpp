#include "cli/init_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Subject urls{.a = "http://h:1/a?b=c&d", .b = "http://h:2/", .program = "/opt/u n/unrig"};
const Subject commands{.a = "gunicorn --bind 127.0.0.1:{port} app:app",
                       .b = "uvicorn --port {port} 'app:asgi'",
                       .commands = true,
                       .path = "/users/7",
                       .folder = "/srv/it's mine",
                       .program = "/usr/bin/unrig"};

TEST(InitScript, UrlsAreComparedAndNothingIsStarted) {
  const std::string text = script_of(urls);
  EXPECT_THAT(text, AllOf(HasSubstr("#!/bin/sh\n"), HasSubstr("url_a='http://h:1/a?b=c&d'\n"),
                          HasSubstr("url_b=http://h:2/\n"), HasSubstr("\nset --\n"),
                          HasSubstr("unrig=${UNRIG:-'/opt/u n/unrig'}\n"),
                          HasSubstr("\n\"$unrig\" compare \"$url_a\" \"$url_b\" \"$@\"\n")));
  EXPECT_THAT(text, Not(HasSubstr("serve a")));
}

TEST(InitScript, OneAloneIsLoaded) {
  Subject one = urls;
  one.b = "";
  EXPECT_THAT(script_of(one), AllOf(HasSubstr("\n\"$unrig\" load \"$url_a\" -d 10s \"$@\"\n"),
                                    Not(HasSubstr("url_b")), Not(HasSubstr("compare"))));
}

TEST(InitScript, CommandsAreStartedWhereTheyRunEachOnItsPort) {
  EXPECT_THAT(script_of(commands),
              AllOf(HasSubstr("\ncd '/srv/it'\\''s mine'\n"),
                    HasSubstr("\na='gunicorn --bind 127.0.0.1:$PORT app:app'\nport_a=8101\n"),
                    HasSubstr("\nb='uvicorn --port $PORT '\\''app:asgi'\\'''\nport_b=8102\n"),
                    HasSubstr("\npath=/users/7\nurl_a=http://127.0.0.1:$port_a$path\n"),
                    HasSubstr("\nserve b \"$b\" \"$port_b\" \"$url_b\" \"$@\"\n")));
}

TEST(InitScript, WhatIsExpectedIsAskedForEachTime) {
  Subject subject = commands;
  subject.expect = {.status = 201,
                    .length = http::LengthRange{1, 9},
                    .members = {http::parse_member("name=it's $HOME").value()}};
  EXPECT_THAT(script_of(subject),
              HasSubstr("\nset -- --expect-status 201 --expect-length 1..9 --expect-json "
                        "'name=\"it'\\''s $HOME\"'\n"));
}

TEST(InitScript, WhatCannotBeMeasuredIsRefused) {
  EXPECT_TRUE(check_subject(urls));
  EXPECT_TRUE(check_subject(commands));
  const auto refused = [](Subject subject, std::string_view named) {
    const auto checked = check_subject(subject);
    ASSERT_FALSE(checked) << named;
    EXPECT_EQ(checked.error().kind, ErrorKind::usage);
    EXPECT_THAT(checked.error().what + checked.error().help, HasSubstr(std::string(named)));
  };
  Subject subject = urls;
  subject.b = "h:2";
  refused(subject, "http");
  subject = commands;
  subject.b = "uvicorn app:asgi";
  refused(subject, "{port}");
  subject.b = "uvicorn --port {port}\nrm -r x";
  refused(subject, "one line");
  for (const char* path : {"", "users", "/a b", "/a\nb"}) {
    subject = commands;
    subject.path = path;
    refused(subject, "path");
  }
}

}  // namespace
}  // namespace unrig::cli
