/// \file
/// What `unrig load` keeps of one load. Pure.
#pragma once

#include <optional>
#include <string>

#include "load/load.h"
#include "record/load_run.h"

namespace unrig::trial {

/// None where the gap is not long beside the response times, or shows in them: then they tell it
/// themselves. And where the generator looked away for most of it: that is no fault of the server.
[[nodiscard]] std::optional<record::Gap> find_gap(const load::Plan& plan,
                                                  const load::Outcome& outcome);

/// The figures of an outcome, judged. `url` and `plan` are those it was measured with.
[[nodiscard]] record::LoadRun load_run(std::string url, const load::Plan& plan,
                                       const load::Outcome& outcome);

}  // namespace unrig::trial
