/// \file
/// The command line as it may be kept and shown: records are given to others, and an Authorization
/// is nobody's business.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace unrig::cli {

/// The words as they were typed, with the values of `headers` hidden and the credentials of
/// addresses, too. `headers` are what was read from the words, so that no spelling of the option
/// can hide one: "-H", "--header=", behind other letters ("-qH…").
[[nodiscard]] std::vector<std::string> without_secrets(std::vector<std::string> words,
                                                       std::span<const std::string> headers);

}  // namespace unrig::cli
