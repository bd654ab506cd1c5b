/// \file
/// Text in columns, for terminals and logs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/look.h"

namespace unrig::report {

enum class Align { left, right };

struct Column {
  std::string head;
  Align align = Align::left;
  /// Where the table is too wide, columns go in the rising order of this until it fits; 0: stays.
  int goes = 0;
  std::string usual{};  ///< colours mark cells that say something else; "": none
  /// Of the last column: what is too long for the line goes on below, word by word.
  bool wraps = false;
};

/// The lines of a table: a head, then the rows, each with as many cells as there are columns;
/// columns two spaces apart, no trailing spaces, every line ended by a newline. A last line names
/// the columns that had to go; what stays may be wider all the same. What is printed is made
/// harmless first (see printable). Widths count code points.
[[nodiscard]] std::string table(std::vector<Column> columns,
                                std::vector<std::vector<std::string>> rows, const Look& look = {});

/// Takes columns out, by their place before anything is taken out, rising.
void drop(std::vector<Column>& columns, std::vector<std::vector<std::string>>& rows,
          const std::vector<std::size_t>& places);

}  // namespace unrig::report
