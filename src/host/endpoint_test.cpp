#include "host/endpoint.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace unrig::host {
namespace {

TEST(Endpoint, IsAPortOrTheSocketOfAPort) {
  const auto port = loopback(8080);
  EXPECT_TRUE(port.is_set());
  EXPECT_FALSE(port.is_socket());
  EXPECT_EQ(port.text(), "127.0.0.1:8080");
  const Endpoint socket{"/run/x", 5432};
  EXPECT_TRUE(socket.is_socket());
  EXPECT_EQ(socket.text(), "/run/x/.s.PGSQL.5432") << "as libpq and pgbouncer look for it";
  const Endpoint own{"/run/x/app.socket", 0};
  EXPECT_TRUE(own.is_socket());
  EXPECT_EQ(own.text(), "/run/x/app.socket");
  EXPECT_FALSE(Endpoint{}.is_set());
}

TEST(Endpoint, AsTheKernelTakesIt) {
  const auto port = socket_address({"10.1.2.3", 80});
  ASSERT_EQ(port.length, sizeof(sockaddr_in));
  const auto& in = reinterpret_cast<const sockaddr_in&>(port.storage);
  EXPECT_EQ(in.sin_family, AF_INET);
  EXPECT_EQ(ntohs(in.sin_port), 80);
  EXPECT_EQ(ntohl(in.sin_addr.s_addr), 0x0a010203U);

  const auto socket = socket_address({"/run", 1});
  ASSERT_GT(socket.length, 0U);
  EXPECT_STREQ(reinterpret_cast<const sockaddr_un&>(socket.storage).sun_path, "/run/.s.PGSQL.1");
}

TEST(Endpoint, WhatTheKernelDoesNotTakeHasNoLength) {
  EXPECT_EQ(socket_address({"localhost", 80}).length, 0U);
  EXPECT_EQ(socket_address({}).length, 0U);
  const std::string name(107 - sizeof("/.s.PGSQL.1"), 'x');  // with the slash in front: 107 bytes
  EXPECT_GT(socket_address({"/" + name, 1}).length, 0U);
  EXPECT_EQ(socket_address({"/x" + name, 1}).length, 0U);
}

}  // namespace
}  // namespace unrig::host
