#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/review/review.h"

namespace cli::review {

struct Size {
  int columns = 80;
  int rows = 24;
};

enum class Style : std::uint8_t { plain, bar, selected, heading };

struct FrameLine {
  std::string text;  // safe for a terminal, and never wider than it
  Style style = Style::plain;
};

// What stands on the screen: as many lines as it has rows.
struct Frame {
  std::vector<FrameLine> lines;
  std::optional<int> cursor_column;  // in the last line, while text is typed there
};

Frame Compose(const Review& review, const Printer& printer, Size size);

}  // namespace cli::review
