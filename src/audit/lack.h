/// \file
/// What this machine, or unrig's share of it, lacks for a look at a stack: a claim that fails for
/// want of that says nothing of the stack. Pure but for means_now().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/record.h"

namespace unrig::audit {

/// What a look at a stack needs of the machine. Not set: it could not be read.
struct Means {
  std::optional<std::uint64_t> open_files;   ///< that a process may have
  std::optional<int> local_ports;            ///< that the kernel hands out
  std::optional<int> listen_queue;           ///< longest that the kernel allows (somaxconn)
  std::optional<std::uint64_t> full_queues;  ///< connections that found one full, since boot
  bool sees_processes = true;                ///< of unrig's own descent, in /proc
};
/// `root`: a process that runs, below unrig.
[[nodiscard]] Means means_now(pid_t root);

/// Why a look that needed so many connections at once could not be a fair one; `logs`: what the
/// parts wrote meanwhile. "" where nothing was lacking.
[[nodiscard]] std::string lack_of(const Means& before, const Means& after, int connections,
                                  const std::vector<std::string>& logs);

/// The same but for so many connections that one queue has turned away: it is as long as its server
/// asked for, which is no lack of the machine. Not set: not known, and all may be.
[[nodiscard]] Means without(Means means, const std::optional<std::uint64_t>& turned_away);

/// Claims about how many answer, and when, that do not hold become "not checked", with that reason.
void excuse(std::vector<record::Claim>& claims, const std::string& lack);

}  // namespace unrig::audit
