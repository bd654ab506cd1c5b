/// \file
/// The wire audit for people: a table of what each stack does for one request, and in plain words
/// where stacks differ. Pure. docs/audit.md explains the columns.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "record/record.h"

namespace unrig::report {

/// One sentence per difference: "aiohttp, sanic run 2 statements per request, the others 3:
/// `SELECT …`; without `BEGIN`, `COMMIT`". Nothing of stacks without audit.
[[nodiscard]] std::vector<std::string> audit_findings(std::span<const record::Cell> cells);

/// The table, in which "!" marks what differs from the majority of the stacks; the findings; and
/// what could not be checked.
[[nodiscard]] std::string audit_text(std::span<const record::Cell> cells);

}  // namespace unrig::report
