#include "load/sources.h"

#include <netinet/in.h>

#include <algorithm>

#include "load/share.h"

namespace unrig::load {
namespace {

// Enough that each is used again only long after its ports have left TIME_WAIT or may be reused.
constexpr int most_sources = 16;

std::vector<Address> loopback_addresses(int count) {
  std::vector<Address> addresses;
  for (std::uint32_t host = 1; host <= static_cast<std::uint32_t>(count); ++host) {
    Address source = loopback(0);
    auto& in = reinterpret_cast<sockaddr_in&>(source.storage);
    in.sin_addr.s_addr = htonl((IN_LOOPBACKNET << 24) + host);
    addresses.push_back(source);
  }
  return addresses;
}

}  // namespace

bool is_loopback(const Address& address) {
  if (address.storage.ss_family != AF_INET) return false;
  const auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
  return (ntohl(in.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

void choose_sources(const Plan& plan, std::size_t ports, Route& route) {
  route.sources = plan.sources;
  route.connections_each = 1;
  if (!plan.sources.empty() || !is_loopback(plan.address) || plan.source_addresses == 1) return;
  if (plan.source_addresses > 1) {
    route.sources = loopback_addresses(plan.source_addresses);
    return;
  }
  route.sources = loopback_addresses(most_sources);
  const auto threads = static_cast<std::size_t>(std::min(plan.threads, connections(plan)));
  route.connections_each = std::max<std::size_t>(1, ports / 2 / threads);
}

int sources_used(const Route& route, std::size_t connections) {
  const std::size_t begun = (connections + route.connections_each - 1) / route.connections_each;
  return static_cast<int>(
      std::clamp<std::size_t>(begun, 1, std::max<std::size_t>(1, route.sources.size())));
}

}  // namespace unrig::load
