/// \file
/// What `unrig list` shows of one kind of thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/json.h"
#include "report/table.h"

namespace unrig::cli {

/// One list, for people and for programs.
struct Listing {
  std::vector<report::Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::string below;                     ///< what the rows cannot say, under the table
  std::optional<record::Json> document;  ///< not set: the rows as objects, keyed by their heads
};

}  // namespace unrig::cli
