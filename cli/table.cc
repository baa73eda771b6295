#include "cli/table.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "cli/terminal_text.h"

namespace cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t width_min = 8;  // below it a cut cell says nothing

using Cells = std::vector<std::string>;

Cells SafeCells(const Cells& cells) {
  Cells safe;
  safe.reserve(cells.size());
  for (const std::string& cell : cells) safe.push_back(cell.empty() ? "-" : Sanitise(cell));
  return safe;
}

std::vector<std::size_t> WidthsOf(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths;
  for (const Cells& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(line[i]));
    }
  }
  return widths;
}

// Takes from the widest column, again and again, until all fit or none can give more.
void Fit(std::vector<std::size_t>& widths, std::size_t columns) {
  std::size_t total =
      std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1);
  while (total > columns) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= width_min) return;
    --*widest;
    --total;
  }
}

std::string Line(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = Truncate(cells[i], widths[i]);
    line += cell;
    if (i + 1 < cells.size()) line.append(widths[i] - DisplayWidth(cell) + gap, ' ');
  }
  return line;
}

}  // namespace

std::string Render(const Table& table, const TableStyle& style) {
  std::vector<Cells> lines;
  if (!table.headers.empty()) lines.push_back(SafeCells(table.headers));
  for (const Cells& row : table.rows) lines.push_back(SafeCells(row));
  if (lines.empty()) return "";
  std::vector<std::size_t> widths = WidthsOf(lines);
  if (style.columns > 0) Fit(widths, static_cast<std::size_t>(style.columns));
  std::string out;
  for (const Cells& line : lines) {
    const bool is_bold = style.bold_headers && !table.headers.empty() && &line == &lines.front();
    out += is_bold ? "\x1b[1m" + Line(line, widths) + "\x1b[0m" : Line(line, widths);
    out += '\n';
  }
  return out;
}

}  // namespace cli
