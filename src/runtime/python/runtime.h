/// \file
/// Python: CPython, and one environment for each group of a vintage.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/python/environment.h"
#include "runtime/runtime.h"

namespace unrig::runtime::python {

/// As a stack.toml names it; the name of the interpreter's placeholder, too.
inline constexpr std::string_view language = "python";

/// For Places: this interpreter and no other; of an empty path, none in particular.
[[nodiscard]] inline Programs program(std::filesystem::path interpreter) {
  return {{std::string(language), std::move(interpreter)}};
}

[[nodiscard]] std::unique_ptr<Runtime> make_runtime(const Places& places, const Means& means);

/// Where an application's modules lie, and the libraries of a copied interpreter ("" for none), all
/// as the server can read them.
struct Application {
  std::filesystem::path file;
  std::filesystem::path shared;  ///< apps/python
  std::filesystem::path libraries;
};
/// What is started when the application runs in this environment.
[[nodiscard]] Program program_in(const PythonEnvironment& environment,
                                 const Application& application);

}  // namespace unrig::runtime::python
