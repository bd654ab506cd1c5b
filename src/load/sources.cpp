#include "load/sources.h"

#include <algorithm>

#include "load/share.h"

namespace unrig::load {
namespace {

// Enough that each is used again only long after its ports have left TIME_WAIT or may be reused.
constexpr int most_sources = 16;

std::vector<Address> loopback_addresses(int count) {
  std::vector<Address> addresses;
  for (int number = 1; number <= count; ++number)
    addresses.push_back(address_of(host::loopback(0, number)));
  return addresses;
}

}  // namespace

bool is_loopback(const Address& address) {
  return host::is_loopback(address.storage);
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
