#include "load/sources.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace unrig::load {
namespace {

Plan plan_of(int source_addresses, int threads = 1) {
  Plan plan;
  plan.address = address_of(host::loopback(80));
  plan.threads = threads;
  plan.source_addresses = source_addresses;
  plan.loop = ClosedLoop{.clients = 64};
  return plan;
}

std::uint32_t host_of(const Address& address) {
  return ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr);
}

TEST(Sources, OneAddressAsLongAsItsPortsSuffice) {
  Route route;
  choose_sources(plan_of(0), 1000, route);
  for (std::size_t turn = 0; turn < 500; ++turn) {
    ASSERT_EQ(host_of(source_of(route, turn)), 0x7f000001u) << turn;
  }
  EXPECT_EQ(host_of(source_of(route, 500)), 0x7f000002u);
  EXPECT_EQ(host_of(source_of(route, 8000)), 0x7f000001u);  // all sixteen were used
  EXPECT_EQ(sources_used(route, 0), 1);
  EXPECT_EQ(sources_used(route, 500), 1);
  EXPECT_EQ(sources_used(route, 501), 2);
  EXPECT_EQ(sources_used(route, 1'000'000), 16);
}

TEST(Sources, ThreadsShareThePorts) {
  Route route;
  choose_sources(plan_of(0, 2), 1000, route);
  EXPECT_EQ(host_of(source_of(route, 249)), 0x7f000001u);
  EXPECT_EQ(host_of(source_of(route, 250)), 0x7f000002u);
  Plan few = plan_of(0, 1024);  // of which there are as many as clients
  few.loop = ClosedLoop{.clients = 2};
  choose_sources(few, 1000, route);
  EXPECT_EQ(host_of(source_of(route, 249)), 0x7f000001u);
}

TEST(Sources, AsManyAsAskedFor) {
  Route route;
  choose_sources(plan_of(1), 1000, route);
  EXPECT_TRUE(route.sources.empty());
  EXPECT_EQ(sources_used(route, 1'000'000), 1);
  choose_sources(plan_of(3), 1000, route);
  EXPECT_EQ(route.sources.size(), 3u);
  EXPECT_EQ(host_of(source_of(route, 1)), 0x7f000002u);
  EXPECT_EQ(sources_used(route, 2), 2);
}

TEST(Sources, OtherTargetsHaveTheKernelsChoice) {
  Plan plan = plan_of(0);
  reinterpret_cast<sockaddr_in&>(plan.address.storage).sin_addr.s_addr = htonl(0x0a000001);
  Route route;
  choose_sources(plan, 1000, route);
  EXPECT_TRUE(route.sources.empty());
}

}  // namespace
}  // namespace unrig::load
