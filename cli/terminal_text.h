#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text from feeds, colleagues and the agent on its way to a terminal. All functions take any bytes.
namespace cli {

// Whether a terminal would obey a character rather than show it, or show nothing or another order:
// controls (C0, DEL, C1), line separators, bidirectional controls, zero-width and tag characters.
bool IsUnsafe(char32_t character);

// Takes one character off the front of `text`; U+FFFD, and one byte, where it is not UTF-8.
char32_t TakeCharacter(std::string_view& text);
void AppendUtf8(char32_t character, std::string& out);

// Writes unsafe characters as <U+202E>, and what is not UTF-8 as U+FFFD: one line, always UTF-8.
std::string Sanitise(std::string_view text);

// Columns on a terminal of text that Sanitise gave: 2 for East Asian wide and fullwidth characters
// (UAX #11), 0 for combining marks.
std::size_t DisplayWidth(std::string_view sanitised);

// At most `width` columns; what is cut off leaves a "…".
std::string Truncate(std::string_view sanitised, std::size_t width);

}  // namespace cli
