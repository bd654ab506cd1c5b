/// \file
/// Small operations on text that more than one module needs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unrig {

/// Without leading and trailing white space.
[[nodiscard]] std::string_view trim(std::string_view text);

/// The parts between separators; "" gives one empty part.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

/// The candidate nearest to `word` (Damerau-Levenshtein, at most a third of its letters changed),
/// or "" when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

/// Length of the UTF-8 sequence at the start of `text`, which is not empty; 0 where there is none:
/// overlong forms and surrogates are none. A control byte is a sequence.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// `text` for a terminal or a log: control bytes and broken UTF-8 as \xNN, so that nothing that a
/// server sends or a folder is named can move the cursor or hide text. Keeps \n and \t.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` as one word of a shell's command line: as it is where that is safe, else quoted.
[[nodiscard]] std::string shell_word(const std::string& text);

/// The last `lines` lines of a text that may be long.
[[nodiscard]] std::string last_lines(std::string_view text, std::size_t lines);

}  // namespace unrig
