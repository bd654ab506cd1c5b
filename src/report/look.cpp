#include "report/look.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace unrig::report {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

}  // namespace

bool can_redraw(int descriptor) {
  const std::string_view terminal = variable("TERM");
  return ::isatty(descriptor) == 1 && !terminal.empty() && terminal != "dumb";
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  const bool told = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : any_width;
}

Look look_of(int descriptor, const Wish& wish) {
  return {.width = wish.wide ? any_width : terminal_width(descriptor),
          .colours = wish.colours && variable("NO_COLOR").empty() && can_redraw(descriptor)};
}

std::string toned(std::string_view text, Tone tone, const Look& look) {
  if (!look.colours || text.empty()) return std::string(text);
  const char* code = tone == Tone::strong ? "1" : tone == Tone::unusual ? "33" : "1;31";
  return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

std::string drawable(std::string_view text, int descriptor) {
  const std::size_t width = terminal_width(descriptor);
  return one_line(text, width == any_width ? width : width - 1);
}

std::string one_line(std::string_view text, std::size_t width) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  std::size_t letters = 0;
  std::size_t last = 0;  // where the last letter begins that is kept when the line is cut
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!begins_letter(line[at])) continue;
    if (++letters == width) last = at;
    if (letters > width) return line.substr(0, last) + "…";
  }
  return line;
}

}  // namespace unrig::report
