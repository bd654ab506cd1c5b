/// \file
/// Which packages a Python environment has, as their folders say it: nobody has to be asked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "runtime/runtime.h"

namespace unrig::runtime::python {

/// Name and version of "Flask-3.1.3.dist-info"; empty for another text. Blanks and dashes of a name
/// are "_" there: packaging.python.org, "Recording installed projects".
[[nodiscard]] std::optional<std::pair<std::string, std::string>> parse_package_folder(
    std::string_view name);

/// Those in lib/python*/site-packages of the environment. Error: environment: it has no such
/// folder, or it cannot be read.
[[nodiscard]] Result<Packages> installed_packages(const std::filesystem::path& environment);

}  // namespace unrig::runtime::python
