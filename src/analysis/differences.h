/// \file
/// What is not the same in two runs. Pure.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace unrig::analysis {

/// Something in which two runs differ, as each of them has it.
struct Difference {
  std::string what;  ///< "knob db.delay", "kernel", "lock of flask-gunicorn"
  std::string a, b;
  /// Whether it is of scenario or host: figures of the two then answer different questions.
  bool bars = false;
};

/// What is not the same in two runs and may be behind a different figure. Knobs first, then the
/// host, then versions and cells. Hostname, seed and number of blocks are not looked at.
[[nodiscard]] std::vector<Difference> differences(const record::Manifest& a,
                                                  const record::Manifest& b);

/// Whether each setting that one of the cells has for itself is in force for the other, too. The
/// workers are left out: the cells themselves say how many.
[[nodiscard]] bool same_settings(const record::Manifest& of_a, const record::Cell& a,
                                 const record::Manifest& of_b, const record::Cell& b);

}  // namespace unrig::analysis
