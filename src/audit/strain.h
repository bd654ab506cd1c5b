/// \file
/// Whether the machine was fit for a look at how long something takes: whoever has no core is slow,
/// and that speaks against nobody. Pure but for moment_now().
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "host/threads.h"
#include "host/usage.h"

namespace unrig::audit {

/// Who has had the cores up to one moment.
struct Moment {
  host::Usage usage = {};
  std::optional<host::MachineCpu> machine = {};
  std::optional<host::Threads> threads = {};  ///< of the server
};
/// Some milliseconds.
[[nodiscard]] Moment moment_now(pid_t server);

/// Why what took long between the two may have taken long because of the machine: others had its
/// cores, or the server's busiest thread was ready to run and had none for longer than `patience`.
/// "" where neither was so.
[[nodiscard]] std::string strain_between(const Moment& first, const Moment& last,
                                         Duration patience);

}  // namespace unrig::audit
