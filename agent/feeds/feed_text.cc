#include "agent/feeds/feed_text.h"

#include <algorithm>
#include <array>

#include "policy/url.h"
#include "policy/url_path.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using namespace std::string_view_literals;

constexpr std::string_view kBlanks = " \t\r\n\v\f"sv;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf"sv;
// zip, gzip, zstd, xz, bzip2
constexpr std::array<std::string_view, 5> kArchiveStarts{"PK\x03\x04"sv, "\x1f\x8b"sv,
                                                         "\x28\xb5\x2f\xfd"sv,
                                                         "\xfd"
                                                         "7zXZ"sv,
                                                         "BZh"sv};

bool IsBlank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

// By its mark or, without one, by the zeros that ASCII has in it.
bool IsUtf16(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe"sv) || bytes.starts_with("\xfe\xff"sv)) return true;
  if (bytes.size() < 4) return false;
  const bool little = bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0;
  const bool big = bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0 && bytes[3] != 0;
  return little || big;
}

bool IsArchive(std::string_view bytes) {
  return std::any_of(kArchiveStarts.begin(), kArchiveStarts.end(),
                     [bytes](std::string_view start) { return bytes.starts_with(start); });
}

}  // namespace

Result<std::string_view> CheckFeedText(std::string_view bytes) {
  if (IsUtf16(bytes)) {
    return Fail(ErrorCode::malformed_input, "the file is UTF-16: have it served as UTF-8");
  }
  if (IsArchive(bytes)) {
    return Fail(ErrorCode::malformed_input,
                "the file is an archive: name the URL of the plain file");
  }
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (TrimBlanks(bytes.substr(0, line_size_max)).starts_with('<')) {
    return Fail(ErrorCode::malformed_input,
                "the file is a web page (HTML or XML), perhaps a login or a captcha: open the "
                "feed's URL in a browser to see what it says");
  }
  return bytes;
}

std::string_view LineFault(std::string_view line) {
  if (line.size() > line_size_max) return "longer than 64 KiB";
  if (line.find('\0') != std::string_view::npos) return "NUL byte";
  if (!policy::IsUtf8(line)) return "not UTF-8";
  return {};
}

void ForEachLine(std::string_view text,
                 const std::function<void(std::size_t number, std::string_view line)>& visit) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    visit(number, text.substr(0, end));
    const std::size_t end_size = text.substr(end).starts_with("\r\n") ? 2 : 1;
    text.remove_prefix(std::min(end + end_size, text.size()));
  }
}

std::string_view WithoutComment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool starts_comment = line[i] == '#' || line[i] == ';';
    if (starts_comment && (i == 0 || IsBlank(line[i - 1]))) return TrimBlanks(line.substr(0, i));
  }
  return TrimBlanks(line);
}

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view TakeWord(std::string_view& rest) {
  rest = TrimBlanks(rest);
  const std::size_t end = std::min(rest.find_first_of(kBlanks), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = TrimBlanks(rest.substr(end));
  return word;
}

std::string WebLink(std::string_view field) {
  const auto link = policy::Url::Parse(field);
  return link ? link->text() : std::string();
}

void AddTag(std::string& tags, std::string_view tag) {
  if (!tags.empty()) tags += ',';
  tags += tag;
}

}  // namespace agent::feeds
