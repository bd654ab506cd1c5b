#include "load/url.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "base/file.h"
#include "host/loopback.h"

namespace unrig::load {
namespace {

using testing::HasSubstr;

TEST(Url, Parts) {
  const auto url = parse_url("https://example.org:8443/a/b?c=d#part");
  ASSERT_TRUE(url) << url.error().what;
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/b?c=d");
  EXPECT_EQ(url->authority(), "example.org:8443");
}

TEST(Url, WhatMayBeLeftOut) {
  EXPECT_EQ(parse_url("http://h")->path, "/");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("https://h")->port, 443);
  EXPECT_EQ(parse_url("http://h?q")->path, "/?q");
  EXPECT_EQ(parse_url("http://h#f")->path, "/");
  EXPECT_EQ(parse_url("http://h:80/")->authority(), "h");
  EXPECT_EQ(parse_url("https://h:80/")->authority(), "h:80");
}

TEST(Url, AddressOfVersionSix) {
  const auto url = parse_url("http://[::1]:8080/x");
  ASSERT_TRUE(url) << url.error().what;
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
  EXPECT_EQ(parse_url("http://[::1]")->authority(), "[::1]");
}

TEST(Url, SchemesAreWordsWithoutCase) {
  EXPECT_FALSE(parse_url("HTTP://h/")->tls);
  EXPECT_TRUE(parse_url("Https://h/")->tls);
}

TEST(Url, PortMayBeEmpty) {
  EXPECT_EQ(parse_url("http://h:/")->port, 80);
  EXPECT_EQ(parse_url("https://[::1]:/")->port, 443);
}

TEST(Url, ZoneOfAnAddressIsForThisMachineOnly) {
  for (const char* text : {"http://[::1%lo]:8080/", "http://[::1%25lo]:8080/"}) {
    const auto url = parse_url(text);
    ASSERT_TRUE(url) << url.error().what;
    EXPECT_EQ(url->host, "::1%lo");
    EXPECT_EQ(url->authority(), "[::1]:8080");
    const auto address = resolve(*url);
    ASSERT_TRUE(address) << address.error().what;
    EXPECT_EQ(address->storage.ss_family, AF_INET6);
  }
  EXPECT_THAT(resolve(*parse_url("http://[::1%no-such]/")).error().what, HasSubstr("no-such"));
}

TEST(Url, HelpCanBeTyped) {
  const auto help = [](std::string_view text) { return parse_url(text).error().help; };
  EXPECT_EQ(help("localhost:8080/x"), "write http://localhost:8080/x");
  EXPECT_EQ(help("http:/127.0.0.1/"), "write http://127.0.0.1/");
  EXPECT_EQ(help("HTTPS:h"), "write https://h");
  EXPECT_EQ(help("http//h"), "write http://h");
  EXPECT_EQ(help("httpbin:80"), "write http://httpbin:80");
  EXPECT_THAT(help("a b"), HasSubstr("like http://"));
  for (const char* text : {"unix:/x.sock", "unix:///x.sock", "http+unix://%2Fx.sock/",
                           "http://unix:/x.sock", "/run/x.sock"}) {
    EXPECT_THAT(help(text), HasSubstr("listen on a port")) << text;
    EXPECT_THAT(parse_url(text).error().what, HasSubstr("TCP")) << text;
  }
}

TEST(Url, WhatIsNone) {
  const auto why = [](std::string_view text) {
    const auto url = parse_url(text);
    EXPECT_FALSE(url) << text;
    if (url) return std::string();
    EXPECT_EQ(url.error().kind, ErrorKind::usage);
    EXPECT_FALSE(url.error().help.empty()) << text;
    return url.error().what;
  };
  EXPECT_THAT(why("localhost:8080"), HasSubstr("no scheme"));
  EXPECT_THAT(why(""), HasSubstr("no scheme"));
  EXPECT_THAT(why("ftp://h"), HasSubstr("'ftp'"));
  EXPECT_THAT(why("HTTP//h"), HasSubstr("no scheme"));
  EXPECT_THAT(why("http://"), HasSubstr("no host"));
  EXPECT_THAT(why("http:///path"), HasSubstr("no host"));
  EXPECT_THAT(why("http://h:0"), HasSubstr("'0' is no port"));
  EXPECT_THAT(why("http://h:65536"), HasSubstr("no port"));
  EXPECT_THAT(why("http://h:80x"), HasSubstr("no port"));
  EXPECT_THAT(why("http://a b/"), HasSubstr("no host"));
  EXPECT_THAT(why("http://[::1"), HasSubstr("no host"));
  EXPECT_THAT(why("http://[::1]8080"), HasSubstr("no host"));
  EXPECT_THAT(why("http://[no]:1"), HasSubstr("no host"));
  EXPECT_THAT(why("http://u:p@h/"), HasSubstr("user name"));
}

TEST(Url, ResolvesAddresses) {
  const auto four = resolve(*parse_url("http://127.0.0.1:8080"));
  ASSERT_TRUE(four) << four.error().what;
  EXPECT_EQ(four->storage.ss_family, AF_INET);
  EXPECT_EQ(four->authority, "127.0.0.1:8080");
  const auto six = resolve(*parse_url("http://[::1]:8080"));
  ASSERT_TRUE(six) << six.error().what;
  EXPECT_EQ(six->storage.ss_family, AF_INET6);
}

TEST(Url, OfSeveralAddressesTheOneThatTakesConnections) {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in in = host::ipv4_loopback();
  socklen_t size = sizeof in;
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&in), size), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&in), &size), 0);
  const Address four = address_of(host::loopback(ntohs(in.sin_port)));
  const auto six = resolve(*parse_url(fmt::format("http://[::1]:{}", ntohs(in.sin_port))));
  ASSERT_TRUE(six) << six.error().what;
  const std::vector<Address> both{*six, four};
  EXPECT_EQ(first_reachable(both).storage.ss_family, AF_INET6);  // nobody listens yet
  ASSERT_EQ(listen(listener.get(), 1), 0);
  EXPECT_EQ(first_reachable(both).storage.ss_family, AF_INET);
}

TEST(Url, HostWithoutAddressIsNamed) {
  const auto none = resolve(*parse_url("http://no-such-host.invalid/"));
  ASSERT_FALSE(none);
  // Without a name server nobody can tell that there is no such host.
  const bool asked = none.error().kind == ErrorKind::usage;
  EXPECT_TRUE(asked || none.error().kind == ErrorKind::environment);
  EXPECT_THAT(none.error().help, HasSubstr(asked ? "spelling" : "name server"));
  EXPECT_THAT(none.error().what, HasSubstr("no-such-host.invalid"));
}

}  // namespace
}  // namespace unrig::load
