#include "platform/curl_url.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

struct HandleDelete {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
struct TextDelete {
  void operator()(char* text) const { curl_free(text); }
};

std::string Part(CURLU& handle, CURLUPart part, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(&handle, part, &raw, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextDelete> text(raw);
  return text.get();
}

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool HasControlOrSpace(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F;
  });
}

}  // namespace

Result<CurlUrl> CurlUrl::Parse(const std::string& text) {
  const std::unique_ptr<CURLU, HandleDelete> handle(curl_url());
  if (!handle) return policy::Fail(ErrorCode::exhausted, "no memory for a URL");
  const CURLUcode code =
      HasControlOrSpace(text)
          ? CURLUE_MALFORMED_INPUT
          : curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("not a URL: {}", curl_url_strerror(code)));
  }
  CurlUrl url;
  url.text_ = text;
  url.scheme_ = LowerCase(Part(*handle, CURLUPART_SCHEME));
  url.host_ = LowerCase(Part(*handle, CURLUPART_HOST));
  if (url.host_.starts_with('[')) url.host_ = url.host_.substr(1, url.host_.size() - 2);
  url.port_ = Part(*handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.path_ = Part(*handle, CURLUPART_PATH, CURLU_URLDECODE);
  url.has_user_ =
      !Part(*handle, CURLUPART_USER).empty() || !Part(*handle, CURLUPART_PASSWORD).empty();
  return url;
}

}  // namespace platform
