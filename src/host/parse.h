/// \file
/// What the texts of /proc and /sys say. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/sockets.h"
#include "host/usage.h"

namespace unrig::host {

/// The value of `key` in lines like "MemTotal:   123 kB" or PRETTY_NAME="…": what follows the
/// separator, without quotes and white space. Empty when there is no such line.
[[nodiscard]] std::string value_of(std::string_view text, std::string_view key, char separator);

/// The bytes of a "123 kB" value. 0 when it is none.
[[nodiscard]] std::int64_t kilobytes(std::string_view value);

/// The bytes of a line of /proc/meminfo. Empty when there is no such line.
[[nodiscard]] std::optional<std::int64_t> bytes_of(std::string_view meminfo, std::string_view key);

/// The choice in force: "madvise" of "always [madvise] never"; other texts as they are, trimmed,
/// with single spaces.
[[nodiscard]] std::string choice(std::string_view text);

/// /proc/stat. Guest time is in it twice and counted once (proc(5)).
/// Empty for another text.
[[nodiscard]] std::optional<MachineCpu> parse_machine_cpu(std::string_view stat,
                                                          long ticks_per_second);
/// The same of each core that it has, by number; none in another text.
[[nodiscard]] std::map<int, MachineCpu> parse_core_cpus(std::string_view stat,
                                                        long ticks_per_second);

/// A number in /proc/net/sockstat: "TCP: inuse 5 orphan 0 tw 3". Empty when it is not there.
[[nodiscard]] std::optional<std::uint64_t> socket_count(std::string_view text,
                                                        std::string_view protocol,
                                                        std::string_view name);

/// The counter of one protocol in /proc/net/netstat or /proc/net/snmp: each protocol has a line of
/// names and then a line of values. Empty when it is not there.
[[nodiscard]] std::optional<std::uint64_t> net_counter(std::string_view text,
                                                       std::string_view protocol,
                                                       std::string_view name);

/// /proc/sys/net/ipv4/ip_local_port_range. The kernel's default when it is no such text.
[[nodiscard]] PortRange parse_port_range(std::string_view text);

/// The common name of a hypervisor by its CPUID signature ("KVMKVMKVM" is "kvm"); the signature
/// itself when it is not known.
[[nodiscard]] std::string hypervisor_name(std::string_view signature);

}  // namespace unrig::host
