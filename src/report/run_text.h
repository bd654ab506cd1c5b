/// \file
/// A run for people: the article's columns, what does not count and why, one sentence.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary.h"
#include "record/record.h"
#include "report/table.h"

namespace unrig::report {

/// Table, the rows that are not ranked with their reasons, notes, the sentence.
[[nodiscard]] std::string run_text(const record::Run& run, const analysis::Summary& summary,
                                   const Look& look = {});

/// The rows of a run as every table of it has them, without the columns in which none has anything
/// to say; of URLs without those of stacks. No rows: nothing was measured.
struct RunTable {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};
[[nodiscard]] RunTable run_table(const record::Run& run, const analysis::Summary& summary);

/// What explains that table, line by line: marks, what intervals are of, what does not count and
/// why, what was not checked, the noise floor.
[[nodiscard]] std::string run_notes(const record::Run& run, const analysis::Summary& summary);

/// The one sentence of a run: of URLs that of their comparison, of a grid or numbers of workers
/// what they say.
[[nodiscard]] std::string answer_of(const record::Run& run, const analysis::Summary& summary);

/// What the run was: scenario, load, phases, host, seed; of URLs without scenario and host. One to
/// three lines.
[[nodiscard]] std::string run_heading(const record::Manifest& manifest);

}  // namespace unrig::report
