#include "base/limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/number.h"
#include "base/text.h"

namespace unrig {
namespace {

/// Long texts are cut: an error is for reading.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  return printable(text.size() > most ? fmt::format("{}…", text.substr(0, most)) : text);
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <class T>
Result<T> whole_within(std::string_view text, const Limits<T>& limits) {
  if (!is_whole_number(text)) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no whole number", shown(text)),
                fmt::format("give one from {}", to_text(limits)));
  }
  // What is longer than the type, or below zero for one without a sign, is beyond all limits.
  const auto value = to_number<T>(text);
  if (!value || !limits.hold(*value)) return beyond_limits(text, to_text(limits));
  return *value;
}

/// Like the other one, with hours and minutes where they are whole.
std::string long_text(Duration d) {
  const auto ns = d.count();
  for (const auto& [unit, name] : {std::pair{3'600'000'000'000, "h"}, {60'000'000'000, "m"}}) {
    if (ns != 0 && ns % unit == 0) return fmt::format("{}{}", ns / unit, name);
  }
  return to_text(d);
}

std::string rate_text(Rate rate) {
  return fmt::format("{}/s", rate.per_second);
}

}  // namespace

std::unexpected<Error> beyond_limits(std::string_view text, const std::string& limits) {
  return fail(ErrorKind::usage, fmt::format("'{}' is outside of {}", shown(text), limits),
              fmt::format("give a value from {}", limits));
}

std::string to_text(const Limits<int>& limits) {
  return fmt::format("{} to {}", limits.least, limits.most);
}

std::string to_text(const Limits<std::uint64_t>& limits) {
  return fmt::format("{} to {}", limits.least, limits.most);
}

std::string to_text(const Limits<Duration>& limits) {
  return fmt::format("{} to {}", long_text(limits.least), long_text(limits.most));
}

std::string to_text(const Limits<Rate>& limits) {
  return fmt::format("{} to {}", rate_text(limits.least), rate_text(limits.most));
}

std::string to_text_percent(const Limits<double>& limits) {
  return fmt::format("{:g}% to {:g}%", limits.least * 100, limits.most * 100);
}

Result<int> parse_within(std::string_view text, const Limits<int>& limits) {
  return whole_within(text, limits);
}

Result<std::uint64_t> parse_within(std::string_view text, const Limits<std::uint64_t>& limits) {
  return whole_within(text, limits);
}

Result<double> parse_fraction_within(std::string_view text, const Limits<double>& limits) {
  const auto value = parse_fraction(text);
  if (value && !limits.hold(*value)) return beyond_limits(text, to_text_percent(limits));
  return value;
}

}  // namespace unrig
