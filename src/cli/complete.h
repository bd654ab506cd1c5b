/// \file
/// What may stand next on a command line, for the completions of shells. Inside this module only.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::cli {

/// One word that may stand there.
struct Candidate {
  std::string word;
  std::string help;  ///< "": none
};

/// What the last of some words may be.
struct Expected {
  std::vector<Candidate> words;    ///< those that the definitions know
  std::vector<std::string> kinds;  ///< of the value that may stand there, as help names them: "RUN"
  std::string before;              ///< what stands before the value in the same word: "--set="
  std::filesystem::path home;      ///< of an option among the words; empty: not given
  std::vector<std::filesystem::path> stacks;  ///< of an option among the words
};

/// Reads all `words` but the last, as the parser would, and says what the last one may be: all that
/// begins as it does. `app` has all definitions and parsed nothing; `words` do not have the
/// program's name. Never fails: where the words make no sense nothing is expected.
[[nodiscard]] Expected expected_last(const CLI::App& app, std::span<const std::string> words);

/// The values that a help text spells out: those in lower case of "N|auto" or "epoll|io_uring".
[[nodiscard]] std::vector<std::string> spelled_out(std::string_view value);

/// What help calls the value of an option: "KNOB=VALUE"; of a positional without a type its name.
[[nodiscard]] std::string value_name(const CLI::Option& option);

[[nodiscard]] bool takes_value(const CLI::Option& option);

}  // namespace unrig::cli
