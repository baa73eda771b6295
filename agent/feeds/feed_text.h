#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::feeds {

// Longest line or record that is looked at; real ones of URLs stay below 9 000 octets.
inline constexpr std::size_t line_size_max = 64 * 1024;

// Strips a byte order mark and refuses, as `malformed_input`, what can't be text of ours: UTF-16,
// a web page (the "200 OK" of a captcha or of a login), an archive.
policy::Result<std::string_view> CheckFeedText(std::string_view bytes);

// Why a line or record is not even looked at, as a literal; empty if it is fine.
std::string_view LineFault(std::string_view line);

// Calls `visit` with each line, its number from 1 and without its end: LF, CR LF or CR.
void ForEachLine(std::string_view text,
                 const std::function<void(std::size_t number, std::string_view line)>& visit);

// Without blanks at both ends, and without a comment: "#" or ";" at the start or after a blank. In
// the midst of a word they are part of a URL.
std::string_view WithoutComment(std::string_view line);

std::string_view TrimBlanks(std::string_view text);

// Takes the first word, blanks around it too, off `rest`; empty at the end.
std::string_view TakeWord(std::string_view& rest);

// The URL where a person can read more; empty unless it is a web address, since they will click.
std::string WebLink(std::string_view text);

void AddTag(std::string& tags, std::string_view tag);

}  // namespace agent::feeds
