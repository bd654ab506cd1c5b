/// \file
/// What each main() is.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "settings.h"

namespace application {

/// Calls `serve` with the settings of the environment. What it throws is said, and is the end.
template <typename Serve>
int start(Serve serve) {
  try {
    serve(read_settings(&std::getenv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace application
