/// \file
/// Which local addresses connections are made from.
#pragma once

#include "host/sockets.h"
#include "load/transport.h"

namespace unrig::load {

/// Fills in the sources of the route. `ports`: that the kernel hands out (host::ephemeral_ports).
/// Those of the plan, or as many as it asks for, in turn; else the kernel's choice, and for a
/// target within 127.0.0.0/8 (which all belongs to this machine), when one address has used up half
/// of its ports, the next one: a port that was used stays in TIME_WAIT for up to a minute.
void choose_sources(const Plan& plan, std::size_t ports, Route& route);

/// How many of the route's addresses so many connections of a thread have used.
[[nodiscard]] int sources_used(const Route& route, std::size_t connections);

/// 127.0.0.0/8.
[[nodiscard]] bool is_loopback(const Address& address);

}  // namespace unrig::load
