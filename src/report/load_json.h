/// \file
/// One load for programs: the record unrig.load/1 (docs/output.md, docs/schema/).
#pragma once

#include "record/json.h"
#include "record/load_run.h"

namespace unrig::report {

[[nodiscard]] record::Json load_json(const record::LoadRun& run);

}  // namespace unrig::report
