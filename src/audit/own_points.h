/// \file
/// What `unrig check` says of a stack that serves an application of somebody's own: what every
/// answer is to be, and which points of the contract are not looked at. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chain/ask.h"
#include "record/check.h"
#include "stack/request.h"

namespace unrig::audit {

/// Each reply is as it is expected. `name`: "answer" of those one after the other, "many at once".
[[nodiscard]] record::Point expected_point(std::string name, std::span<const chain::Reply> replies,
                                           const stack::OwnRequest& own);
/// GET of `path`, which is asked for to see that the stack is ready.
[[nodiscard]] record::Point health_point(const std::string& path, const chain::Reply& reply);
/// A claim of the look before a run, as a point.
[[nodiscard]] record::Point point_of(const record::Claim& claim, std::string help);
/// What is demanded of unrig's stacks, and the user's own affair in an application of his.
[[nodiscard]] record::Point only_recorded(record::Point point);
/// The points that belong to unrig's application and its database.
[[nodiscard]] std::vector<record::Point> points_not_looked_at();

}  // namespace unrig::audit
