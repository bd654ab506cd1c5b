#include "audit/own_points.h"

#include <fmt/format.h>

#include <utility>

#include "audit/asking.h"
#include "audit/own_claims.h"
#include "audit/points.h"

namespace unrig::audit {

using record::Point;
using record::PointOutcome;

Point expected_point(std::string name, std::span<const chain::Reply> replies,
                     const stack::OwnRequest& own) {
  Point point = point_demanded(std::move(name),
                               fmt::format("{} to {}", to_text(own.expect), name_of(own.request)));
  if (replies.empty()) return point_open(std::move(point), "nothing was asked");
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto why = refusal_of(replies[i], own.expect);
    if (why.empty()) continue;
    return point_broken(std::move(point), fmt::format("{}; {}", why, answer_shown(replies[i])),
                        fmt::format("answer {} of {}", i + 1, replies.size()),
                        "change `[request]` or its `expect` in stack.toml, or the application");
  }
  return point_kept(std::move(point), fmt::format("so in {0} of {0} answers", replies.size()));
}

Point health_point(const std::string& path, const chain::Reply& reply) {
  Point point = point_demanded("health", "status 200 to GET " + path);
  if (const auto failure = failure_of(reply); !failure.empty()) {
    return point_broken(std::move(point), failure, "GET " + path,
                        "name another path as `health`, or leave it out: then its own request "
                        "shows that it is ready");
  }
  return point_kept(std::move(point), answer_shown(reply));
}

Point point_of(const record::Claim& claim, std::string help) {
  Point point = point_demanded(claim.claim, claim.expected);
  if (!claim.ok) return point_open(std::move(point), claim.observed);
  return *claim.ok ? point_kept(std::move(point), claim.observed)
                   : point_broken(std::move(point), claim.observed, "", std::move(help));
}

Point only_recorded(Point point) {
  point.demanded = false;
  if (point.outcome != PointOutcome::not_checked) point.outcome = PointOutcome::recorded;
  return point;
}

std::vector<Point> points_not_looked_at() {
  constexpr const char* of_contract = "it is of unrig's own application, not of this one";
  std::vector<Point> points;
  const auto add = [&](const char* name, std::string why) {
    points.push_back(point_open(point_recorded(name, "not demanded"), std::move(why)));
  };
  for (const char* name : {"content type", "content length", "headers", "another row", "named row",
                           "elsewhere", "request in pieces", "pipelined requests",
                           "kept connection", "closed connection", "HEAD", "one piece"})
    add(name, of_contract);
  for (const char* name :
       {"statement", "statements", "own Sync", "database connections", "round trips", "SQL bytes",
        "pooled: share", "pooled: kept", "none: no database"})
    add(name, std::string(stack::own_database));
  return points;
}

}  // namespace unrig::audit
