/// \file
/// What a machine does to the numbers: an examination for people, and the lines beside the results
/// of a run.
#pragma once

#include <string>
#include <vector>

#include "record/examination.h"
#include "record/record.h"
#include "report/look.h"

namespace unrig::report {

/// What spoils results first, then what matters, what is fine, and what was not checked.
[[nodiscard]] std::string doctor_text(const record::Examination& seen, const Look& look = {});

/// What the stored facts of a run's machine do to its results, a line each, with the cells that
/// they touch where these are not all. Empty where they do nothing.
[[nodiscard]] std::vector<std::string> machine_lines(const record::Manifest& manifest);
/// The same below a head; "" without any.
[[nodiscard]] std::string machine_text(const record::Manifest& manifest);

}  // namespace unrig::report
