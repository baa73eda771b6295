#include "policy/refang.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/ascii.h"

namespace policy {
namespace {

struct Custom {
  std::string_view inert;  // in lower case
  std::string_view live;
};

// "[." without its bracket occurs in vendors' reports; no real host holds it.
constexpr std::array<Custom, 9> kHostCustoms{{
    {"[.]", "."},
    {"(.)", "."},
    {"{.}", "."},
    {"[dot]", "."},
    {"(dot)", "."},
    {"{dot}", "."},
    {"[:]", ":"},
    {"(:)", ":"},
    {"[.", "."},
}};

constexpr std::array<std::string_view, 5> kSchemeEnds{"[://]", "[:]//", "(:)//", "://", "[:/]/"};

bool StartsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && EqualsIgnoringCase(text.substr(0, lower.size()), lower);
}

// "http" and the ways of crossing it out: hxxp, hXXp, hxtp, h**p.
std::size_t HttpSize(std::string_view text) {
  if (text.size() < 4 || ToLower(text[0]) != 'h' || ToLower(text[3]) != 'p') return 0;
  for (const char c : text.substr(1, 2)) {
    if (ToLower(c) != 't' && ToLower(c) != 'x' && c != '*') return 0;
  }
  return text.size() > 4 && ToLower(text[4]) == 's' ? 5 : 4;
}

// Moves `rest` past an http or https scheme and returns it live.
std::string TakeScheme(std::string_view& rest) {
  const std::size_t size = HttpSize(rest);
  if (size == 0) return {};
  for (const std::string_view end : kSchemeEnds) {
    if (!rest.substr(size).starts_with(end)) continue;
    const std::string_view written = rest.substr(0, size);
    const bool live = EqualsIgnoringCase(written, size == 5 ? "https" : "http");
    std::string scheme(live ? written : std::string_view(size == 5 ? "https" : "http"));
    rest.remove_prefix(size + end.size());
    return scheme + "://";
  }
  return {};
}

std::optional<Custom> CustomAt(std::string_view text) {
  for (const Custom& custom : kHostCustoms) {
    if (StartsIgnoringCase(text, custom.inert)) return custom;
  }
  return std::nullopt;
}

// The authority, where the customs apply: up to the path, query or fragment.
std::string_view TakeAuthority(std::string_view& rest) {
  const std::size_t size = std::min(rest.find_first_of("/\\?#"), rest.size());
  const std::string_view authority = rest.substr(0, size);
  rest.remove_prefix(size);
  return authority;
}

void AppendInert(std::string& out, std::string_view host, bool colons_too) {
  for (const char c : host) {
    if (c == '.' || (c == ':' && colons_too)) {
      out += '[';
      out += c;
      out += ']';
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string Refang(std::string_view text) {
  std::string out = TakeScheme(text);
  for (std::string_view host = TakeAuthority(text); !host.empty();) {
    if (const auto custom = CustomAt(host)) {
      out += custom->live;
      host.remove_prefix(custom->inert.size());
    } else {
      out += host.front();
      host.remove_prefix(1);
    }
  }
  out += text;
  return out;
}

std::string Defang(std::string_view canonical) {
  std::string out;
  const std::size_t scheme_size = canonical.find("://");
  const bool url = canonical.starts_with("http") && (scheme_size == 4 || scheme_size == 5);
  if (url) {
    out = scheme_size == 5 ? "hxxps://" : "hxxp://";
    canonical.remove_prefix(scheme_size + 3);
  }
  // A URL is inert by its scheme already, and its colons are a port's or stand in brackets.
  AppendInert(out, TakeAuthority(canonical), !url);
  out += canonical;
  return out;
}

}  // namespace policy
