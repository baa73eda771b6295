#include "agent/oidc/form.h"

#include "policy/ascii.h"

namespace agent::oidc {

std::string Encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (policy::IsLetter(c) || policy::IsDigit(c) ||
        std::string_view("-._~").find(c) != text.npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string Form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(Encoded(value));
  }
  return out;
}

}  // namespace agent::oidc
