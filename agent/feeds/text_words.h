#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::feeds {

// Splits a line of a report into what could be indicators: words without the typography around
// them. Blanks of all kinds (NBSP too), quotes (typographic ones too), "<", ">", "|", "`" and the
// "](" of a Markdown link separate words, and so do "," and ";" outside a URL. Zero-width
// characters and soft hyphens vanish. Brackets and punctuation at the ends go, as far as they
// are not part of a custom like "[.]" or opened within the word.
//
// Within a URL "," and ";" are legal: they end it only before a date, a hash or another URL. Where
// a word is all there is on the line, its last dot is its own. `line` is UTF-8.
std::vector<std::string> WordsOf(std::string_view line);

// Whether `text` starts with a web scheme, defanged or not.
bool StartsWithScheme(std::string_view text);

}  // namespace agent::feeds
