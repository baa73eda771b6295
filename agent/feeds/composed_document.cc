#include "agent/feeds/composed_document.h"

#include <algorithm>
#include <utility>

#include "agent/feeds/feed_text.h"

namespace agent::feeds {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

namespace {
constexpr const char* kFormatKey = "sekisho";
}  // namespace

Result<ComposedDocument> SplitComposed(std::string_view bytes, std::string_view format) {
  const auto checked = CheckFeedText(bytes);
  if (!checked) return tl::unexpected(checked.error());
  std::string_view text = *checked;
  ComposedDocument document;
  const std::string_view first = text.substr(0, text.find('\n'));
  document.header = Json::parse(first.begin(), first.end(), nullptr, false);
  const bool is_ours = document.header.is_object() && document.header.contains(kFormatKey) &&
                       document.header[kFormatKey] == format;
  if (!is_ours) {
    return Fail(ErrorCode::malformed_input,
                "it was not put together for the format " + std::string(format) +
                    ": of what a server gives away itself, another format has to be chosen");
  }
  text.remove_prefix(std::min(first.size() + 1, text.size()));
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    document.lines.push_back(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return document;
}

std::string JoinComposed(std::string_view format, Json header,
                         const std::vector<std::string_view>& lines) {
  header[kFormatKey] = format;
  std::string text = header.dump() + "\n";
  std::size_t size = text.size();
  for (const std::string_view line : lines) size += line.size() + 1;
  text.reserve(size);
  for (const std::string_view line : lines) text.append(line).append("\n");
  return text;
}

}  // namespace agent::feeds
