/// \file
/// Runs as one HTML file that needs no network: the page of web/, which is part of the program,
/// with what it shows. Answer and table also stand there as HTML, for who runs no scripts.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/page_data.h"

namespace unrig::report {

/// At least one run. Names of stacks and addresses are text in it and nothing else, whatever they
/// contain.
[[nodiscard]] std::string html(std::span<const Reported> runs);

/// Text as HTML, also within quotes. Control bytes and broken UTF-8 become visible (printable()).
[[nodiscard]] std::string html_escaped(std::string_view text);

/// JSON that may stand in a script element: no "<", so that nothing ends it or begins a comment.
[[nodiscard]] std::string script_escaped(std::string_view json);

}  // namespace unrig::report
