/// \file
/// How text for people may look where it goes: how wide it is, and whether it has colours.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace unrig::report {

inline constexpr std::size_t any_width = std::numeric_limits<std::size_t>::max();

struct Look {
  std::size_t width = any_width;  ///< columns that a line of a table may take
  bool colours = false;
};

/// What was asked for on the command line.
struct Wish {
  bool wide = false;    ///< every column, however wide the terminal is
  bool colours = true;  ///< false: none, on whatever terminal
};

/// Of a file descriptor. A terminal has its width, and colours unless TERM is "dumb" or not set or
/// NO_COLOR is set (no-color.org). Anything else, a file or a pipe, takes every column and no
/// colours.
[[nodiscard]] Look look_of(int descriptor, const Wish& wish);

/// Whether it is a terminal that can move its cursor: not TERM=dumb.
[[nodiscard]] bool can_redraw(int descriptor);

/// Columns of a terminal as it is now; any_width for what is none, or does not tell.
[[nodiscard]] std::size_t terminal_width(int descriptor);

enum class Tone {
  strong,   ///< what is read first
  unusual,  ///< what deserves a look
  bad       ///< what went wrong
};
/// `text`, in colour where the look has colours. What it says must not hang on the colour.
[[nodiscard]] std::string toned(std::string_view text, Tone tone, const Look& look);

/// `text` as it may be drawn on a terminal and wiped away again: one line, and the cursor stays on
/// it.
[[nodiscard]] std::string drawable(std::string_view text, int descriptor);

/// Whether a byte of UTF-8 begins a code point.
[[nodiscard]] constexpr bool begins_letter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

/// As one line of at most `width` columns, which count code points: what is too long ends in "…",
/// line breaks and tabs are blanks. `text` is printable (base/text.h) already.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t width);

}  // namespace unrig::report
