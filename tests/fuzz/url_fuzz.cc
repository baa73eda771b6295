#include <cstdint>
#include <string>
#include <string_view>

#include "policy/refang.h"
#include "policy/url.h"
#include "tests/fuzz/require.h"

using policy::Url;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = Url::Parse(text);
  if (!url) {
    Require(url.error().detail.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  const std::string& canonical = url->text();
  Require(canonical.size() <= 8192, "a URL has at most 8192 octets");
  for (const char c : canonical) {
    Require(c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '#',
            "a canonical URL is safe ASCII");
  }
  Require(canonical.substr(0, canonical.find('?')).find('\\') == std::string::npos,
          "a backslash outlives normalising in a query only");
  const auto again = Url::Parse(canonical);
  Require(again && *again == *url, "canonical text reads back as itself");
  Require(again->host() == url->host() && again->port() == url->port() &&
              again->path() == url->path() && again->scheme() == url->scheme(),
          "and so do its parts");
  Require(url->scheme() == "http" || url->scheme() == "https", "the scheme is http or https");
  Require(url->path().starts_with('/'), "the path starts with a slash");
  Require(canonical.find('@') >= canonical.size() - url->path().size(), "there is no userinfo");
  Require(policy::Refang(policy::Defang(canonical)) == canonical, "refanging undoes defanging");
  return 0;
}
