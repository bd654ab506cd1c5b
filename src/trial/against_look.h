/// \file
/// Whether a trial worked in the way in which its stack did when it was looked at. Pure: a record
/// in, reasons out.
#pragma once

#include <string>

#include "record/record.h"

namespace unrig::trial {

/// Requests that the application has had for certain, and may have had.
struct Requests {
  double least = 0, most = 0;
  /// Of these it is not known what became of them.
  [[nodiscard]] double unclear() const { return most - least; }
};

/// Adds every reason for which it did not. It must have been inspected and have answered a request.
void hold_against_look(record::Trial& trial, const Requests& requests);

/// Of a statement, what a reason has room for.
[[nodiscard]] std::string short_statement(const std::string& text);
[[nodiscard]] bool has_pooler(const record::Trial& trial);

}  // namespace unrig::trial
