#pragma once

#include <string>
#include <vector>

namespace cli {

// Rows under headers, or without headers: names and their values. Cells hold any bytes; Render
// makes them safe for a terminal.
struct Table {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;
};

struct TableStyle {
  int columns = 0;  // of the terminal to fit into; 0: cells are never cut
  bool bold_headers = false;
};

// Lines with aligned columns two blanks apart; an empty cell is "-". Where the terminal is too
// narrow, the widest columns are cut.
std::string Render(const Table& table, const TableStyle& style = {});

}  // namespace cli
