#include "exporters/http_list/access.h"

#include "platform/encoding.h"
#include "policy/ascii.h"

namespace exporters::http_list {
namespace {

// The credentials after "SCHEME ", or nothing.
std::string_view CredentialsOf(std::string_view authorization, std::string_view scheme) {
  const std::size_t space = authorization.find(' ');
  if (space == authorization.npos ||
      !policy::EqualsIgnoringCase(authorization.substr(0, space), scheme)) {
    return {};
  }
  authorization.remove_prefix(space + 1);
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace

bool Access::Knows(std::string_view name, std::string_view token) const {
  const NamedKey* reader = FindKey(readers_, token);
  return reader != nullptr && (name.empty() || name == reader->name);
}

bool Access::Allows(std::string_view authorization, std::string_view certificate) const {
  if (anybody_ || (certificate_ && !certificate.empty())) return true;
  if (const auto token = CredentialsOf(authorization, "Bearer"); !token.empty()) {
    return Knows({}, token);
  }
  const auto decoded = platform::FromBase64(CredentialsOf(authorization, "Basic"));
  if (!decoded) return false;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos || colon == 0) return false;
  return Knows(decoded->substr(0, colon), decoded->substr(colon + 1));
}

}  // namespace exporters::http_list
