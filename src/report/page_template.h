/// \file
/// The page of web/ as it was built, part of the program.
#pragma once

#include <string_view>

namespace unrig::report {

/// With the marks {{unrig:title}}, {{unrig:page}} and {{unrig:data}}, each once and in this order.
[[nodiscard]] std::string_view page_template();

}  // namespace unrig::report
