/// \file
/// The address of this machine that nobody else reaches, as socket calls take it; a header alone,
/// for servers that link nothing.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>

namespace unrig::host {

/// Port `port` of 127.0.0.1. 0: where it is bound, the kernel chooses one.
[[nodiscard]] inline sockaddr_in ipv4_loopback(int port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace unrig::host
