#include "cli/terminal_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array unsafe{
    Range{0x0000, 0x001f}, Range{0x007f, 0x009f}, Range{0x00ad, 0x00ad}, Range{0x061c, 0x061c},
    Range{0x115f, 0x1160}, Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e},
    Range{0x2060, 0x206f}, Range{0x3164, 0x3164}, Range{0xd800, 0xdfff}, Range{0xfe00, 0xfe0f},
    Range{0xfeff, 0xfeff}, Range{0xffa0, 0xffa0}, Range{0xfff0, 0xfffb}, Range{0xe0000, 0xe0fff},
};

// From EastAsianWidth.txt, W and F, in whole blocks.
constexpr std::array wide{
    Range{0x1100, 0x115e},   Range{0x231a, 0x231b},   Range{0x2329, 0x232a},
    Range{0x23e9, 0x23ec},   Range{0x25fd, 0x25fe},   Range{0x2614, 0x2615},
    Range{0x26a1, 0x26a1},   Range{0x2705, 0x2705},   Range{0x274c, 0x274c},
    Range{0x2753, 0x2757},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},
    Range{0x3400, 0x4dbf},   Range{0x4e00, 0xa4cf},   Range{0xa960, 0xa97f},
    Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},   Range{0xfe10, 0xfe19},
    Range{0xfe30, 0xfe6f},   Range{0xff01, 0xff60},   Range{0xffe0, 0xffe6},
    Range{0x16fe0, 0x18cff}, Range{0x1aff0, 0x1b2ff}, Range{0x1f004, 0x1f004},
    Range{0x1f0cf, 0x1f0cf}, Range{0x1f18e, 0x1f18e}, Range{0x1f191, 0x1f19a},
    Range{0x1f200, 0x1f265}, Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff},
    Range{0x1f7e0, 0x1f7eb}, Range{0x1f90c, 0x1f9ff}, Range{0x1fa70, 0x1faff},
    Range{0x20000, 0x3fffd},
};

// Marks that stand over the character before them.
constexpr std::array combining{
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x0610, 0x061a},
    Range{0x064b, 0x065f}, Range{0x0e31, 0x0e31}, Range{0x0e34, 0x0e3a}, Range{0x0e47, 0x0e4e},
    Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff}, Range{0x20d0, 0x20ff}, Range{0x302a, 0x302d},
    Range{0x3099, 0x309a}, Range{0xfe20, 0xfe2f},
};

template <class Ranges>
bool Holds(const Ranges& ranges, char32_t character) {
  const auto above =
      std::upper_bound(ranges.begin(), ranges.end(), character,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return above != ranges.begin() && character <= std::prev(above)->last;
}

std::size_t WidthOf(char32_t character) {
  if (Holds(combining, character)) return 0;
  return Holds(wide, character) ? 2 : 1;
}

constexpr char32_t replacement = 0xfffd;

// Bytes of a UTF-8 sequence by its first one; 0 for one that starts none.
std::size_t SequenceSize(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

}  // namespace

bool IsUnsafe(char32_t character) {
  return Holds(unsafe, character);
}

char32_t TakeCharacter(std::string_view& text) {
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = SequenceSize(first);
  char32_t character = size == 1 ? first : first & (0xffU >> (size + 1));
  bool is_good = size != 0 && size <= text.size();
  for (std::size_t i = 1; is_good && i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    is_good = (byte & 0xc0U) == 0x80U;
    character = (character << 6U) | (byte & 0x3fU);
  }
  is_good = is_good && character >= least[size] && character <= 0x10ffff &&
            (character < 0xd800 || character > 0xdfff);
  text.remove_prefix(is_good ? size : 1);
  return is_good ? character : replacement;
}

void AppendUtf8(char32_t character, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((character >> shift) & 0x3fU));
  };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xc0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xe0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string Sanitise(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t character = TakeCharacter(text);
    if (IsUnsafe(character)) {
      out += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(character));
    } else {
      AppendUtf8(character, out);
    }
  }
  return out;
}

std::size_t DisplayWidth(std::string_view sanitised) {
  std::size_t width = 0;
  while (!sanitised.empty()) width += WidthOf(TakeCharacter(sanitised));
  return width;
}

std::string Truncate(std::string_view sanitised, std::size_t width) {
  if (DisplayWidth(sanitised) <= width) return std::string(sanitised);
  std::string out;
  std::size_t used = 1;  // of the "…"
  while (!sanitised.empty()) {
    const char32_t character = TakeCharacter(sanitised);
    used += WidthOf(character);
    if (used > width) break;
    AppendUtf8(character, out);
  }
  return width == 0 ? "" : out + "…";
}

}  // namespace cli
