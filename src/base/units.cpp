#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "base/limits.h"
#include "base/text.h"

namespace unrig {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 6> time_units{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 6> rate_units{{{"/s", 1},
                                          {"/m", 1.0 / 60},
                                          {"/h", 1.0 / 3600},
                                          {"/sec", 1},
                                          {"/min", 1.0 / 60},
                                          {"/hour", 1.0 / 3600}}};

struct Quantity {
  double value;
  std::string_view unit;
};

Result<Quantity> split_quantity(std::string_view text, std::string_view noun,
                                std::string_view example) {
  Quantity q{0, {}};
  const char* begin = text.data();
  const char* end = begin + text.size();
  auto [rest, error] = std::from_chars(begin, end, q.value, std::chars_format::general);
  if (error != std::errc() || !std::isfinite(q.value)) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no {}", printable(text), noun),
                fmt::format("write it like {}", example));
  }
  q.unit = std::string_view(rest, static_cast<std::size_t>(end - rest));
  if (q.value < 0) {
    return fail(ErrorKind::usage,
                fmt::format("'{}': a {} cannot be negative", printable(text), noun),
                fmt::format("write it like {}", example));
  }
  return q;
}

Result<double> parse_quantity(std::string_view text, std::string_view noun,
                              std::string_view example, std::string_view usual,
                              std::span<const Unit> units) {
  auto q = split_quantity(text, noun, example);
  if (!q) return std::unexpected(q.error());
  for (const Unit& unit : units) {
    if (unit.name == q->unit) return q->value * unit.factor;
  }
  if (q->unit.empty() && q->value == 0) return 0.0;
  std::string names;
  for (const Unit& unit : units) names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
  const std::string why = q->unit.empty()
                              ? std::string("has no unit")
                              : fmt::format("has the unknown unit '{}'", printable(q->unit));
  const std::string like =
      q->unit.empty() ? fmt::format("{}{}", text, usual) : std::string(example);
  return fail(ErrorKind::usage, fmt::format("the {} '{}' {}", noun, printable(text), why),
              fmt::format("write it like {} (units: {})", printable(like), names));
}

}  // namespace

Result<Duration> parse_within(std::string_view text, const Limits<Duration>& limits) {
  auto ns = parse_quantity(text, "duration", "20ms", "s", time_units);
  if (!ns) return std::unexpected(ns.error());
  const bool fits = *ns < static_cast<double>(std::numeric_limits<std::int64_t>::max());
  if (!fits || !limits.hold(Duration(std::llround(*ns))))
    return beyond_limits(text, to_text(limits));
  return Duration(std::llround(*ns));
}

Result<Duration> parse_duration(std::string_view text) {
  return parse_within(text, Limits<Duration>{Duration{0}, Duration::max()});
}

Result<Rate> parse_rate(std::string_view text) {
  auto value = parse_quantity(text, "rate", "1000/s", "/s", rate_units);
  if (!value) return std::unexpected(value.error());
  if (*value <= 0)
    return fail(ErrorKind::usage, fmt::format("the rate '{}' must be above 0", printable(text)),
                "write it like 1000/s");
  return Rate{*value};
}

Result<Rate> parse_within(std::string_view text, const Limits<Rate>& limits) {
  auto rate = parse_rate(text);
  if (rate && !limits.hold(*rate)) return beyond_limits(text, to_text(limits));
  return rate;
}

Result<double> parse_fraction(std::string_view text) {
  auto q = split_quantity(text, "fraction", "2%");
  if (!q) return std::unexpected(q.error());
  const double value = q->unit == "%" ? q->value / 100 : q->value;
  if ((!q->unit.empty() && q->unit != "%") || value <= 0 || value >= 1) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no fraction above 0 and below 1", text),
                "write it like 2%");
  }
  return value;
}

std::string to_text(Duration d) {
  const auto ns = d.count();
  if (ns == 0) return "0s";
  if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
  if (ns % 1'000'000 == 0) return fmt::format("{}ms", ns / 1'000'000);
  if (ns % 1'000 == 0) return fmt::format("{}us", ns / 1'000);
  return fmt::format("{}ns", ns);
}

std::string human(Duration d) {
  const double s = seconds(d);
  if (s >= 59.5) {
    const auto whole = static_cast<std::int64_t>(std::llround(s));
    if (whole >= 3600) return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
    return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  }
  if (s >= 10) return fmt::format("{:.0f} s", s);
  if (s >= 1) return fmt::format("{:.1f} s", s);
  if (s >= 1e-3) return fmt::format("{:.3g} ms", s * 1e3);
  return fmt::format("{:.3g} us", s * 1e6);
}

}  // namespace unrig
