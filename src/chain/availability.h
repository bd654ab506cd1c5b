/// \file
/// Whether a chain can run on a host, asked without making or starting anything.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "host/host.h"

namespace unrig::chain {

/// A program that every chain needs.
struct NeededProgram {
  std::string name;           ///< "nginx"
  Result<std::string> found;  ///< version and path: "1.22.1 /usr/sbin/nginx"
};
/// All of them. Error of one that is missing, or does not tell its version: environment, with the
/// command that gets it.
[[nodiscard]] std::vector<NeededProgram> needed_programs(host::Host& host);

/// The programs that every chain needs and it lacks: one error of kind environment for
/// each, with the command that gets it.
[[nodiscard]] std::vector<Error> missing_programs(host::Host& host);

}  // namespace unrig::chain
