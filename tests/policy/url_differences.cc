#include "tests/policy/url_differences.h"

#include <string_view>

#include "policy/ascii.h"
#include "policy/domain.h"

namespace {

using policy::HexValue;

// As a URL parser begins: without controls and spaces around, without tabs and line ends.
std::string Cleaned(const std::string& input) {
  std::string out;
  for (const char c : input) {
    if (c != '\t' && c != '\n' && c != '\r') out += c;
  }
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!out.empty() && blank(out.front())) out.erase(0, 1);
  while (!out.empty() && blank(out.back())) out.pop_back();
  return out;
}

std::string HostOf(const std::string& href) {
  const std::size_t at = href.find("//") + 2;
  std::string authority = href.substr(at, href.find_first_of("/?#", at) - at);
  if (const std::size_t user = authority.rfind('@'); user != std::string::npos) {
    authority.erase(0, user + 1);
  }
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool HasUserinfo(const std::string& input) {
  const std::string text = Cleaned(input);
  const std::size_t at = text.find_first_not_of("/\\", text.find(':') + 1);
  if (at == std::string::npos) return false;
  return text.substr(at, text.find_first_of("/\\?#", at) - at).find('@') != std::string::npos;
}

bool IsEscape(const std::string& text, std::size_t at) {
  return at + 2 < text.size() && text[at] == '%' && HexValue(text[at + 1]) >= 0 &&
         HexValue(text[at + 2]) >= 0;
}

// RFC 3986, 6.2.2: escapes in upper case, and of unreserved characters none.
std::string EscapesNormalised(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsEscape(text, i)) {
      out += text[i];
      continue;
    }
    const int value = HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]);
    const char c = static_cast<char>(value);
    if (value < 0x80 && (policy::IsLetter(c) || policy::IsDigit(c) ||
                         std::string_view("-._~").find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += {'%', kHex[static_cast<std::size_t>(value / 16)],
              kHex[static_cast<std::size_t>(value % 16)]};
    }
    i += 2;
  }
  return out;
}

std::string WithoutTrailingDot(const std::string& href) {
  const std::size_t host_at = href.find("//") + 2;
  const std::size_t host_end = host_at + HostOf(href).size();
  std::string out = href;
  if (host_end > 0 && out[host_end - 1] == '.') out.erase(host_end - 1, 1);
  return out;
}

std::string ReasonForRefusal(const std::string& input, const std::string& standard) {
  if (HasUserinfo(input)) return "userinfo is refused";
  const std::string host = HostOf(standard);
  if (!policy::Domain::Parse(host)) {
    return host.find("xn--") != std::string::npos ? "host that IDNA 2008 refuses"
                                                  : "host that DNS cannot hold";
  }
  return "UNEXPLAINED: refused";
}

}  // namespace

std::string WrittenScheme(const std::string& input) {
  const std::string text = Cleaned(input);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || !policy::IsLetter(text[0])) return {};
  std::string scheme = text.substr(0, colon);
  for (char& c : scheme) {
    c = policy::ToLower(c);
    if (!policy::IsLetter(c) && !policy::IsDigit(c) && c != '+' && c != '-' && c != '.') return {};
  }
  return scheme;
}

bool HasAuthoritySlashes(const std::string& input) {
  const std::string text = Cleaned(input);
  const std::string after = text.substr(text.find(':') + 1);
  return after.size() >= 2 && after.find_first_not_of("/\\") >= 2;
}

std::string CompareUrl(const std::string& input, const std::string& standard,
                       const std::string& ours) {
  if (ours == standard) return "same";
  if (standard.empty()) return "UNEXPLAINED: taken, though it has to be refused";
  if (ours.empty()) return ReasonForRefusal(input, standard);
  std::string wanted = standard.substr(0, standard.find('#'));
  if (ours == wanted) return "fragment dropped";
  wanted = WithoutTrailingDot(wanted);
  if (ours == wanted) return "trailing dot of the host dropped";
  wanted = EscapesNormalised(wanted);
  if (ours == wanted) return "escapes normalised";
  return "UNEXPLAINED: another URL";
}
