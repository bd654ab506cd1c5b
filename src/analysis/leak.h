/// \file
/// Whether a stack keeps memory of each request, by how much it has grown within the windows of its
/// trials. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "record/record.h"

namespace unrig::analysis {

/// One trial alone may have filled something once: nobody knows.
inline constexpr std::size_t leak_trials_min = 2;

/// What a cell grew by in each of its trials that count, fresh blocks among them.
struct Leak {
  std::size_t trials = 0;
  double low_bytes = 0, high_bytes = 0;  ///< per answered request, of the least and of the most
};

/// Not set: there was a trial in which either half of the window shows no leak (record::is_leak()),
/// or too few were looked at.
[[nodiscard]] std::optional<Leak> leak_of(const record::Run& run, const std::string& label);

}  // namespace unrig::analysis
