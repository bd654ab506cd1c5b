/// \file
/// The baseline measured once more under another label: for the noise floor, not for the ranking.
#pragma once

#include <string>

#include "record/record.h"

namespace unrig::record {

[[nodiscard]] inline std::string double_of(const std::string& label) {
  return label + " (again)";
}

[[nodiscard]] inline bool is_double(const Manifest& manifest, const Cell& cell) {
  return cell.label == double_of(manifest.baseline);
}

}  // namespace unrig::record
