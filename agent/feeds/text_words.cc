#include "agent/feeds/text_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/ascii.h"
#include "policy/refang.h"

namespace agent::feeds {
namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};
// UTF-8. A "Markdown link" is "[text](target)".
constexpr std::array<Replacement, 30> kReplacements{{
    {"\xc2\xa0", " "},      // no-break space
    {"\xe2\x80\x80", " "},  // en quad, and the spaces of other widths
    {"\xe2\x80\x81", " "}, {"\xe2\x80\x82", " "}, {"\xe2\x80\x83", " "},
    {"\xe2\x80\x84", " "}, {"\xe2\x80\x85", " "}, {"\xe2\x80\x86", " "},
    {"\xe2\x80\x87", " "}, {"\xe2\x80\x88", " "}, {"\xe2\x80\x89", " "},
    {"\xe2\x80\x8a", " "}, {"\xe2\x80\xa8", " "}, {"\xe2\x80\xa9", " "},
    {"\xe2\x80\xaf", " "}, {"\xe3\x80\x80", " "},  // ideographic space
    {"\xe2\x80\xa2", " "},                         // bullet
    {"\xe2\x80\x98", " "}, {"\xe2\x80\x99", " "},  // typographic quotes
    {"\xe2\x80\x9c", " "}, {"\xe2\x80\x9d", " "}, {"\xe2\x80\x9e", " "},
    {"\xc2\xab", " "},     {"\xc2\xbb", " "},     {"\xe2\x80\x8b", ""},
    {"\xe2\x80\x8c", ""},  {"\xe2\x80\x8d", ""},                     // zero width
    {"\xe2\x81\xa0", ""},  {"\xef\xbb\xbf", ""},  {"\xc2\xad", ""},  // soft hyphen
}};

bool Separates(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view("\"`<>|").find(c) != std::string_view::npos;
}

// The line with a blank for all that separates words and without what nobody sees.
std::string Normalised(std::string_view line) {
  std::string text;
  text.reserve(line.size());
  while (!line.empty()) {
    const char c = line.front();
    std::size_t size = 1;
    if (line.starts_with("](")) {
      text += ' ';
      size = 2;
    } else if (policy::IsAscii(line.substr(0, 1))) {
      text += Separates(c) ? ' ' : c;
    } else {
      const auto known =
          std::find_if(kReplacements.begin(), kReplacements.end(),
                       [line](const Replacement& r) { return line.starts_with(r.from); });
      text += known == kReplacements.end() ? line.substr(0, 1) : known->to;
      if (known != kReplacements.end()) size = known->from.size();
    }
    line.remove_prefix(size);
  }
  return text;
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return policy::HexValue(c) >= 0; });
}

// Whether what follows a comma is another column rather than more of a URL.
bool StartsNextCell(std::string_view rest) {
  if (rest.empty() || StartsWithScheme(rest)) return true;
  const bool is_date = rest.size() >= 10 && rest[4] == '-' && rest[7] == '-' &&
                       std::all_of(rest.begin(), rest.begin() + 4, policy::IsDigit);
  const std::string_view cell = rest.substr(0, rest.find_first_of(",;"));
  const bool is_hash = (cell.size() == 32 || cell.size() == 40 || cell.size() == 64) && IsHex(cell);
  return is_date || is_hash;
}

std::size_t CellSize(std::string_view text) {
  const bool is_url = StartsWithScheme(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',' && text[i] != ';') continue;
    if (!is_url || StartsNextCell(text.substr(i + 1))) return i;
  }
  return text.size();
}

// Moves to a URL that something is written before: "url=hxxp://", "C2:hxxp://".
std::string_view FromScheme(std::string_view text) {
  if (StartsWithScheme(text)) return text;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool starts_word = !policy::IsLetter(text[i - 1]) && !policy::IsDigit(text[i - 1]);
    if (starts_word && policy::ToLower(text[i]) == 'h' && StartsWithScheme(text.substr(i))) {
      return text.substr(i);
    }
    if (text[i] == '/' || text[i] == '?') break;
  }
  return text;
}

// "[.]" and its like are part of a name, even at its start or end.
bool IsCustom(std::string_view text) {
  constexpr std::array<std::string_view, 4> customs{"[.", "[:", "(.)", "{.}"};
  return std::any_of(customs.begin(), customs.end(),
                     [text](std::string_view custom) { return text.starts_with(custom); });
}

std::string_view WithoutLeading(std::string_view text) {
  constexpr std::string_view leading = "([{'*-=#~.,:;!";
  while (!text.empty() && leading.find(text.front()) != std::string_view::npos && !IsCustom(text)) {
    text.remove_prefix(1);
  }
  return text;
}

// "**x**", "__x__", "++x++": how Markdown and AsciiDoc set a word apart.
std::string_view WithoutMarks(std::string_view text) {
  constexpr std::array<std::string_view, 3> marks{"**", "__", "++"};
  for (const std::string_view mark : marks) {
    if (text.size() > 2 * mark.size() && text.starts_with(mark) && text.ends_with(mark)) {
      return text.substr(mark.size(), text.size() - 2 * mark.size());
    }
  }
  return text;
}

bool ClosesNothing(std::string_view text) {
  constexpr std::array<std::pair<char, char>, 3> brackets{{{'(', ')'}, {'[', ']'}, {'{', '}'}}};
  for (const auto& [open, close] : brackets) {
    if (text.back() != close) continue;
    return std::count(text.begin(), text.end(), close) > std::count(text.begin(), text.end(), open);
  }
  return false;
}

std::string_view WithoutTrailing(std::string_view text, bool keep_dot) {
  // Of a hostile line thousands of brackets could be counted again and again.
  for (int steps = 0; !text.empty() && steps < 64; ++steps) {
    const bool is_punctuation =
        std::string_view(".,;:!?'*").find(text.back()) != std::string_view::npos;
    if (!(is_punctuation && !(keep_dot && text.back() == '.')) && !ClosesNothing(text)) break;
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

bool StartsWithScheme(std::string_view text) {
  constexpr std::size_t scheme_size_max = 16;  // "hxxps[:]//" and a bit
  const std::string live = policy::Refang(text.substr(0, scheme_size_max));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (live.size() > scheme.size() &&
        policy::EqualsIgnoringCase(std::string_view(live).substr(0, scheme.size()), scheme)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> WordsOf(std::string_view line) {
  const std::string text = Normalised(line);
  std::vector<std::string_view> cells;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    for (std::string_view chunk = WithoutMarks(rest.substr(0, end)); !chunk.empty();) {
      chunk = FromScheme(WithoutLeading(chunk));
      const std::size_t size = CellSize(chunk);
      if (size > 0) cells.push_back(chunk.substr(0, size));
      chunk.remove_prefix(std::min(size + 1, chunk.size()));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::vector<std::string> words;
  for (const std::string_view cell : cells) {
    const bool keep_dot = cells.size() == 1 && StartsWithScheme(cell);
    const std::string_view word = WithoutTrailing(cell, keep_dot);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

}  // namespace agent::feeds
