/// \file
/// What each stack does for one request, held against what the others do. Pure: cells in, findings
/// out. docs/audit.md explains the figures.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/record.h"

namespace unrig::analysis {

struct AuditValue {
  std::string text;      ///< with the figure's decimals
  bool differs = false;  ///< from what most stacks do
};

/// One figure of all stacks that were audited.
struct AuditColumn {
  std::string name;                               ///< "Stmts", "Bytes out", …
  std::vector<std::optional<AuditValue>> values;  ///< by stack; not set: it was not counted
};

struct Audits {
  std::vector<std::string> labels;  ///< of the cells that were audited
  std::vector<AuditColumn> columns;
  /// One sentence per difference: "aiohttp, sanic run 2 statements per request, the others 3:
  /// `SELECT …`; without `BEGIN`, `COMMIT`". Nothing of stacks without audit.
  std::vector<std::string> findings;
  /// What could not be looked at, and why, to the labels that it is so of.
  std::map<std::string, std::vector<std::string>> not_checked;
};
[[nodiscard]] Audits audits_of(std::span<const record::Cell> cells);

}  // namespace unrig::analysis
