#include "base/secrets.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace unrig {
namespace {

TEST(Secrets, CredentialsOfAddressesAreHidden) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://name:word@host:80/a?b", "http://…@host:80/a?b"},
      {"https://word@host/", "https://…@host/"},
      {"http://name:w@rd@host/", "http://…@host/"},
      {"http://name:wo/rd@host/", "http://…@host/"},
      {"name:word@host/path", "…@host/path"},
      {"--proxy=http://name:word@[::1]:8080", "--proxy=http://…@[::1]:8080"},
      {"UV_DEFAULT_INDEX=name:word@host", "UV_DEFAULT_INDEX=…@host"},
      {"'http://a:b@c' is not a URL,\ntry https://d:e@f",
       "'http://…@c' is not a URL,\ntry https://…@f"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(without_credentials(text), wanted);
}

TEST(Secrets, WhatIsNoCredentialStays) {
  for (const char* text :
       {"", "@", "flask-gunicorn@2020", "http://127.0.0.1:8080/a@b?c=d:e@f", "mine.toml:3:11: x",
        "http://[::1]:80/x@y", "at 10:20 of flask@2026", "://", "http://host/"})
    EXPECT_EQ(without_credentials(text), text);
}

}  // namespace
}  // namespace unrig
