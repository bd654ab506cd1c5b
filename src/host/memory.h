/// \file
/// How much memory there is for this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace unrig::host {

/// Bytes that this process could still take without swapping: what the machine has and what its
/// cgroup leaves, whichever is less. Empty where neither is told.
[[nodiscard]] std::optional<std::int64_t> available_memory();

/// The same from the texts of /proc/meminfo, memory.max and memory.current; "" for what is not
/// there.
[[nodiscard]] std::optional<std::int64_t> available_memory(const std::string& meminfo,
                                                           const std::string& limit,
                                                           const std::string& used);

}  // namespace unrig::host
