/// \file
/// Text in columns, for terminals and logs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace unrig::report {

enum class Align { left, right };

struct Column {
  std::string head;
  Align align = Align::left;
};

/// The lines of a table: a head, then the rows, each with as many cells as there are columns;
/// columns two spaces apart, no trailing spaces, every line ended by a newline. What is printed is
/// made harmless first (see printable). Widths count code points.
[[nodiscard]] std::string table(const std::vector<Column>& columns,
                                const std::vector<std::vector<std::string>>& rows);

/// Takes columns out, by their place before anything is taken out, rising.
void drop(std::vector<Column>& columns, std::vector<std::vector<std::string>>& rows,
          const std::vector<std::size_t>& places);

}  // namespace unrig::report
