/// \file
/// The wire audit for people. Pure.
#pragma once

#include <span>
#include <string>

#include "record/record.h"

namespace unrig::report {

/// A table of what each stack does for one request, in which "!" marks what differs from the
/// majority of the stacks; the findings; and what could not be checked.
[[nodiscard]] std::string audit_text(std::span<const record::Cell> cells);

}  // namespace unrig::report
