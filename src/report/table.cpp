#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

#include "base/text.h"

namespace unrig::report {
namespace {

constexpr std::string_view between = "  ";

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_letter));
}

/// What each column takes, its head included.
std::vector<std::size_t> widths_of(const std::vector<Column>& columns,
                                   const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const Column& column : columns) widths.push_back(width_of(column.head));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

std::size_t line_width(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
         between.size() * (widths.empty() ? 0 : widths.size() - 1);
}

/// The same, where a last column that wraps has what `width` leaves for it.
std::vector<std::size_t> widths_within(std::size_t width, const std::vector<Column>& columns,
                                       const std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t least = 30;
  auto widths = widths_of(columns, rows);
  if (columns.empty() || !columns.back().wraps) return widths;
  const std::size_t others = line_width(widths) - widths.back();
  const std::size_t room = std::max(least, width > others ? width - others : 0);
  widths.back() = std::min(widths.back(), room);
  return widths;
}

/// Takes out what may go until a line has its place; the heads of what went, in that order.
std::vector<std::string> fit(std::vector<Column>& columns,
                             std::vector<std::vector<std::string>>& rows, std::size_t width) {
  std::vector<std::string> gone;
  while (line_width(widths_within(width, columns, rows)) > width) {
    const auto rank = [](const Column& column) {
      return column.goes == 0 ? std::numeric_limits<int>::max() : column.goes;
    };
    const auto next = std::ranges::min_element(columns, {}, rank);
    if (next == columns.end() || next->goes == 0) break;
    gone.push_back(next->head);
    drop(columns, rows, {static_cast<std::size_t>(next - columns.begin())});
  }
  return gone;
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<Column>& columns,
                    const std::vector<std::size_t>& widths, const Look& look) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t taken = std::min(widths[i], width_of(cells[i]));  // a long word sticks out
    const std::string space(widths[i] - taken, ' ');
    const bool unusual = !columns[i].usual.empty() && cells[i] != columns[i].usual;
    const std::string cell = unusual ? toned(cells[i], Tone::unusual, look) : cells[i];
    text += i == 0 ? "" : between;
    text += columns[i].align == Align::right ? space + cell : cell + space;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// The words of `text` in lines of at most `width` columns; a longer word has one of its own.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines{{}};
  for (const auto& word : split(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (width_of(line) + 1 + width_of(word) <= width) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string lines_of(std::vector<std::string> row, const std::vector<Column>& columns,
                     const std::vector<std::size_t>& widths, const Look& look) {
  if (columns.empty() || !columns.back().wraps) return line_of(row, columns, widths, look) + '\n';
  std::string out;
  for (const auto& line : wrapped(row.back(), widths.back())) {
    row.back() = line;
    out += line_of(row, columns, widths, look) + '\n';
    row.assign(row.size(), "");
  }
  return out;
}

}  // namespace

void drop(std::vector<Column>& columns, std::vector<std::vector<std::string>>& rows,
          const std::vector<std::size_t>& places) {
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    const auto offset = static_cast<std::ptrdiff_t>(*place);
    columns.erase(columns.begin() + offset);
    for (auto& row : rows) row.erase(row.begin() + offset);
  }
}

std::string table(std::vector<Column> columns, std::vector<std::vector<std::string>> rows,
                  const Look& look) {
  for (auto& row : rows) {
    assert(row.size() == columns.size());
    for (auto& cell : row) cell = one_line(printable(cell), any_width);
  }
  const auto gone = fit(columns, rows, look.width);
  const auto widths = widths_within(look.width, columns, rows);
  std::vector<std::string> heads;
  std::vector<Column> as_heads = columns;
  for (Column& column : as_heads) {
    heads.push_back(column.head);
    column.usual.clear();
  }
  std::string out = toned(line_of(heads, as_heads, widths, look), Tone::strong, look) + '\n';
  for (const auto& row : rows) out += lines_of(row, columns, widths, look);
  if (!gone.empty()) out += fmt::format("--wide also shows {}\n", join(gone, ", "));
  return out;
}

}  // namespace unrig::report
