/// \file
/// Texts of the command line and of files as values within stated limits. Every number that a user
/// can give is read here, so that no limit is kept without being told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace unrig {

/// The values that a setting takes, both ends included.
template <class T>
struct Limits {
  T least;
  T most;
  [[nodiscard]] bool hold(const T& value) const { return least <= value && value <= most; }
};

/// "1 to 512", "1ms to 24h", "0.001/s to 1000000/s", "0.01% to 99%": as help and errors have it.
[[nodiscard]] std::string to_text(const Limits<int>& limits);
[[nodiscard]] std::string to_text(const Limits<std::uint64_t>& limits);
[[nodiscard]] std::string to_text(const Limits<Duration>& limits);
[[nodiscard]] std::string to_text(const Limits<Rate>& limits);
[[nodiscard]] std::string to_text_percent(const Limits<double>& limits);

/// Reads a text as units.h does, and keeps to the limits. Error: usage, and whoever gave a value
/// beyond them is told both.
[[nodiscard]] Result<int> parse_within(std::string_view text, const Limits<int>& limits);
[[nodiscard]] Result<std::uint64_t> parse_within(std::string_view text,
                                                 const Limits<std::uint64_t>& limits);
[[nodiscard]] Result<Duration> parse_within(std::string_view text, const Limits<Duration>& limits);
[[nodiscard]] Result<Rate> parse_within(std::string_view text, const Limits<Rate>& limits);
[[nodiscard]] Result<double> parse_fraction_within(std::string_view text,
                                                   const Limits<double>& limits);

/// The error of a value that was read and lies beyond the limits, which stand there as text.
[[nodiscard]] std::unexpected<Error> beyond_limits(std::string_view text,
                                                   const std::string& limits);

}  // namespace unrig
