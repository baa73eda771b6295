#include "policy/domain.h"

#include "policy/ascii.h"
#include "policy/idna.h"
#include "policy/quote.h"

namespace policy {
namespace {

constexpr std::size_t kLabelMax = 63;  // RFC 1035, 2.3.4
constexpr std::size_t kNameMax = 253;  // 255 octets on the wire, less the first length and the root

bool IsNameCharacter(char c) {
  return IsLetter(c) || IsDigit(c) || c == '-' || c == '_';
}

// What an address parser would take for a number: decimal digits, or 0x and hexadecimal ones.
bool IsNumeric(std::string_view label) {
  if (label.starts_with("0x")) {
    return label.substr(2).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

// What is wrong with a lower-case ASCII name without its trailing dot; empty if nothing is.
std::string_view FaultOf(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kNameMax) return "it is longer than the 253 octets that DNS allows";
  std::size_t label_at = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] != '.') {
      if (!IsNameCharacter(name[i])) {
        return "only letters, digits, '-', '_' and dots may stand in it";
      }
      continue;
    }
    if (i == label_at) return "it has an empty label";
    if (i - label_at > kLabelMax) return "a label is longer than the 63 octets that DNS allows";
    if (i == name.size() && IsNumeric(name.substr(label_at))) {
      return "its last label is a number, so that it would be read as an address";
    }
    label_at = i + 1;
  }
  return {};
}

}  // namespace

Result<Domain> Domain::Parse(std::string_view text) {
  auto ascii = ToAscii(text);
  if (!ascii) return tl::unexpected(ascii.error());
  if (ascii->ends_with('.')) ascii->pop_back();
  const std::string_view fault = FaultOf(*ascii);
  if (!fault.empty()) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) + " is not a domain name: " + std::string(fault));
  }
  return Domain(*std::move(ascii));
}

bool Domain::IsWithin(const Domain& ancestor) const {
  const std::string_view name = name_;
  if (!name.ends_with(ancestor.name_)) return false;
  const std::size_t above = name.size() - ancestor.name_.size();
  return above == 0 || name[above - 1] == '.';
}

std::string_view ParentName(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

}  // namespace policy
