#include "policy/url.h"

#include <algorithm>
#include <optional>

#include "policy/ascii.h"
#include "policy/quote.h"
#include "policy/url_host.h"
#include "policy/url_path.h"

namespace policy {
namespace {

// Squid takes no URL of more than 8192 octets (MAX_URL), and its other kin less.
constexpr std::size_t kUrlMax = 8192;

struct Scheme {
  std::string_view name;
  std::uint16_t default_port;
};
constexpr Scheme kHttp{"http", 80};
constexpr Scheme kHttps{"https", 443};

// A URL taken apart, its parts still as they were written.
struct Parts {
  Scheme scheme;
  std::string_view host;
  std::string_view port;
  std::string_view path;
  std::optional<std::string_view> query;
};

// As browsers do, drops controls and spaces at the ends, tabs and line ends everywhere.
std::string WithoutIgnored(std::string_view text) {
  const auto ignored = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && ignored(text.front())) text.remove_prefix(1);
  while (!text.empty() && ignored(text.back())) text.remove_suffix(1);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

std::optional<Scheme> TakeScheme(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = rest.substr(0, colon);
  for (const Scheme scheme : {kHttp, kHttps}) {
    if (!EqualsIgnoringCase(name, scheme.name)) continue;
    rest.remove_prefix(colon + 1);
    return scheme;
  }
  return std::nullopt;
}

// Where the host ends and ":port" begins. A colon inside brackets belongs to an IPv6 address.
std::size_t PortColon(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

// The port without its colon; the default one and an empty one are not written.
std::optional<std::uint16_t> ReadPort(std::string_view text, std::uint16_t default_port) {
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
    if (port > 0xffff) return std::nullopt;
  }
  return text.empty() ? default_port : static_cast<std::uint16_t>(port);
}

Result<Parts> TakeApart(std::string_view text) {
  std::string_view rest = text;
  const auto scheme = TakeScheme(rest);
  if (!scheme) {
    return Fail(
        ErrorCode::malformed_input,
        "it has to start with http:// or https://, the only schemes that a proxy can block");
  }
  rest = rest.substr(0, rest.find('#'));
  rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
  const std::size_t authority_size = std::min(rest.find_first_of("/\\?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_size);
  rest.remove_prefix(authority_size);
  if (authority.find('@') != std::string_view::npos) {
    return Fail(ErrorCode::malformed_input,
                "a user name or password before the host hides the real host: leave it out");
  }
  const std::size_t colon = PortColon(authority);
  const std::size_t question = rest.find('?');
  Parts parts{*scheme, authority.substr(0, colon), {}, rest.substr(0, question), std::nullopt};
  if (colon != std::string_view::npos) parts.port = authority.substr(colon + 1);
  if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
  return parts;
}

}  // namespace

Result<Url> Url::Parse(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " is not a URL: " + std::string(why));
  };
  const std::string clean = WithoutIgnored(text);
  if (!IsUtf8(clean)) return refuse("it is not UTF-8");
  const auto parts = TakeApart(clean);
  if (!parts) return refuse(parts.error().detail);
  auto host = ParseUrlHost(parts->host);
  if (!host) return refuse(host.error().detail);
  const auto port = ReadPort(parts->port, parts->scheme.default_port);
  if (!port) return refuse("its port is not a number up to 65535");

  std::string out(parts->scheme.name);
  out += "://";
  out += host->text;
  if (*port != parts->scheme.default_port) out += ':' + std::to_string(*port);
  const std::size_t path_at = out.size();
  AppendUrlPath(out, parts->path);
  if (parts->query) {
    out += '?';
    AppendUrlQuery(out, *parts->query);
  }
  if (out.size() > kUrlMax) return refuse("it is longer than 8192 octets, which no proxy takes");
  return Url(std::move(out), std::move(host->value), *port, parts->scheme.name.size(), path_at);
}

}  // namespace policy
