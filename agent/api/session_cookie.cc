#include "agent/api/session_cookie.h"

#include <optional>

#include "policy/ascii.h"

namespace agent::api {
namespace {

std::string CookieName(Cookie cookie, std::string_view scheme) {
  return std::string(scheme == "https" ? "__Host-" : "") +
         (cookie == Cookie::session ? "sekisho" : "sekisho-sign-on");
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string SetCookie(Cookie which, std::string_view secret, std::string_view scheme) {
  std::string cookie = CookieName(which, scheme);
  cookie.append("=").append(secret).append("; Path=/; HttpOnly; SameSite=Strict");
  if (scheme == "https") cookie += "; Secure";
  if (secret.empty()) cookie += "; Max-Age=0";
  return cookie;
}

std::string SecretOf(Cookie cookie, const std::vector<platform::HttpHeader>& headers,
                     std::string_view scheme) {
  const std::string name = CookieName(cookie, scheme);
  std::optional<std::string> found;
  for (const platform::HttpHeader& header : headers) {
    if (!policy::EqualsIgnoringCase(header.name, "cookie")) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::string_view pair = Trimmed(rest.substr(0, rest.find(';')));
      rest.remove_prefix(
          std::min(rest.size(), rest.find(';') == rest.npos ? rest.size() : rest.find(';') + 1));
      const std::size_t equals = pair.find('=');
      if (equals == pair.npos || pair.substr(0, equals) != name) continue;
      if (found) return "";
      found = std::string(pair.substr(equals + 1));
    }
  }
  return found.value_or("");
}

}  // namespace agent::api
