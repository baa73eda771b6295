#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace platform {

struct HttpHeader {
  std::string name;
  std::string value;
};

// The value of the first header called `name` in any case, or an empty view. The view is good as
// long as `headers` is.
std::string_view FindHeader(const std::vector<HttpHeader>& headers, std::string_view name);

// Whether the text may stand in a header line: `name` is an RFC 9110 token, and `value` has no
// control character but the tab.
bool IsValidHeader(const HttpHeader& header);

// Whether an If-None-Match header names `etag` (RFC 9110 section 13.1.2, weak comparison).
bool NamesEtag(std::string_view if_none_match, std::string_view etag);

}  // namespace platform
