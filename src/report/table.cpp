#include "report/table.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"

namespace unrig::report {
namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string cell_text(const std::string& raw) {
  std::string text = printable(raw);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text;
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

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines{{}};
  for (const Column& column : columns) lines.front().push_back(column.head);
  for (const auto& row : rows) {
    assert(row.size() == columns.size());
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(cell_text(cell));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string space(widths[i] - width_of(line[i]), ' ');
      text += i == 0 ? "" : "  ";
      text += columns[i].align == Align::right ? space + line[i] : line[i] + space;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

}  // namespace unrig::report
