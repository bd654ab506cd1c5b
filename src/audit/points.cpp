#include "audit/points.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace unrig::audit {

using record::Point;
using record::PointOutcome;

std::string bytes_shown(std::string_view bytes, std::size_t limit) {
  std::string text;
  // Broken UTF-8 is shown as it is, byte by byte: also where it is only cut.
  for (const char c : printable(bytes.substr(0, limit))) {
    text += c == '\t' ? std::string("\\t") : c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  for (std::size_t at = text.find("\\x0d"); at != std::string::npos; at = text.find("\\x0d", at))
    text.replace(at, 4, "\\r");
  return bytes.size() > limit ? text + "..." : text;
}

Point point_demanded(std::string point, std::string expected) {
  return {.point = std::move(point), .expected = std::move(expected)};
}

Point point_recorded(std::string point, std::string expected) {
  return {.point = std::move(point), .demanded = false, .expected = std::move(expected)};
}

Point point_kept(Point point, std::string observed) {
  point.outcome = point.demanded ? PointOutcome::holds : PointOutcome::recorded;
  point.observed = std::move(observed);
  return point;
}

Point point_broken(Point point, std::string observed, std::string where, std::string help) {
  point.outcome = point.demanded ? PointOutcome::fails : PointOutcome::recorded;
  point.observed = std::move(observed);
  point.where = std::move(where);
  point.help = std::move(help);
  return point;
}

Point point_open(Point point, std::string why) {
  point.outcome = PointOutcome::not_checked;
  point.observed = std::move(why);
  return point;
}

void excuse(std::span<Point> points, const std::string& why) {
  if (why.empty()) return;
  for (Point& point : points) {
    if (point.outcome != PointOutcome::fails) continue;
    const std::string seen = std::move(point.observed);
    point.where.clear();  // there is nothing to change there
    point.help.clear();
    point = point_open(std::move(point), fmt::format("{} (seen: {})", why, seen));
  }
}

}  // namespace unrig::audit
