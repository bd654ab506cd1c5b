#include "host/pressure.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

#include "base/number.h"
#include "base/text.h"
#include "host/content.h"

namespace unrig::host {

std::optional<Duration> parse_pressure(std::string_view text) {
  // some avg10=6.07 avg60=7.70 avg300=12.34 total=34238868204
  constexpr std::string_view total = "total=";
  const auto line = text.substr(0, text.find('\n'));
  const auto at = line.find(total);
  if (!line.starts_with("some ") || at == std::string_view::npos) return std::nullopt;
  const auto us = to_number<std::int64_t>(trim(line.substr(at + total.size())));
  if (!us) return std::nullopt;
  return std::chrono::microseconds(*us);
}

std::optional<Duration> pressure(std::string_view resource) {
  return parse_pressure(content(fmt::format("/proc/pressure/{}", resource)));
}

}  // namespace unrig::host
