/// \file
/// What a stack does with its database for one request, held against what every stack is to do
/// (docs/application.md): the statement, its delay, the connection. Pure: observations in, claims
/// out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/pg_wire.h"
#include "base/result.h"
#include "base/units.h"
#include "chain/ask.h"
#include "record/record.h"
#include "scenario/scenario.h"

namespace unrig::audit {

/// What was seen of the query's sleep, in front of the database.
struct Delays {
  Duration wanted{0};
  int answers = 0;       ///< as they should be, all of which asked the database
  Duration quickest{0};  ///< of them, from the request's beginning to the answer's end
  std::map<std::string, std::uint64_t> statements = {};  ///< run meanwhile, by text
  std::map<std::string, Duration> least = {};            ///< that each of them took
  bool readable = true;  ///< false: what was said to the database could not be read
};
/// From answers, and from what the relay in front of the database counted before and after them;
/// its times are those since then alone.
[[nodiscard]] Delays delays_in(std::span<const chain::Reply> replies, Duration wanted,
                               const PgTally& before, const PgTally& after);

/// A statement of each request takes the delay on the database's side of the application, and no
/// answer comes sooner. Slow machines make times longer, never shorter.
[[nodiscard]] record::Claim delay_claim(const Delays& seen);

/// The statement that the others run, once for each request.
[[nodiscard]] record::Claim query_claim(const record::Audit& audit);

/// A connection for each request, or none where the application keeps them.
[[nodiscard]] record::Claim connections_claim(const scenario::Scenario& scenario, int workers,
                                              const record::Audit& audit);

/// Why the application fails at a pgbouncer of this version that gives it a session for each
/// transaction, and what helps: statements that it has prepared between the two moments are not
/// there in the next session, and others meet them in this one. Empty: there are none such.
[[nodiscard]] std::optional<Error> lost_statements(const PgTally& before, const PgTally& after,
                                                   std::string_view pooler_version);

}  // namespace unrig::audit
