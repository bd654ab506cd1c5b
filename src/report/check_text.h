/// \file
/// Which points of the contract stacks keep, for people. Pure.
#pragma once

#include <string>

#include "record/check.h"
#include "report/look.h"

namespace unrig::report {

/// Of each stack what it does not keep, with what to change; then what was not checked, what is
/// only recorded, and what holds; and a last line of all stacks.
[[nodiscard]] std::string check_text(const record::Check& check, const Look& look = {});

}  // namespace unrig::report
