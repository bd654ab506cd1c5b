#include "load/transport.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace unrig::load {
namespace {

const sockaddr* as_sockaddr(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

void switch_on(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);  // only speed depends on it
}

}  // namespace

const Address& source_of(const Route& route, std::size_t turn) {
  return route.sources[turn / route.connections_each % route.sources.size()];
}

UniqueFd start_connecting(const Route& route, std::size_t turn, int& error) {
  const Address& target = route.address;
  UniqueFd socket(
      ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int fd = socket.get();
  bool begun = fd >= 0;
  if (begun && route.no_delay) switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
  if (begun && route.short_requests) {
    // The oldest control costs least; others compute a sending rate for every packet.
    constexpr std::string_view oldest = "reno";
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, oldest.data(), oldest.size());
  }
  if (begun && !route.sources.empty()) {
    const Address& source = source_of(route, turn);
    // The port is chosen when the target is known, so that it need only be unique for that.
    switch_on(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    begun = bind(fd, as_sockaddr(source), source.length) == 0;
  }
  if (begun) begun = connect(fd, as_sockaddr(target), target.length) == 0;
  error = begun ? 0 : errno;
  return socket;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

bool has_unconfirmed_bytes(int fd) {
  int count = 0;
  return ioctl(fd, SIOCOUTQ, &count) == 0 && count > 0;
}

void set_low_water(int fd, std::uint64_t unwanted, int& now) {
  constexpr std::uint64_t most = std::uint64_t{256} * 1024;  // a socket has hardly room for more
  const int wanted = unwanted < long_answer ? 1 : static_cast<int>(std::min(unwanted, most));
  if (wanted == now) return;
  now = wanted;
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);  // only speed depends on it
}

}  // namespace unrig::load
