#include "policy/idna.h"

#include <idn2.h>

#include <array>
#include <cstdint>
#include <memory>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace policy {
namespace {

// A valid name of 253 octets has at most that many characters of 4 octets in UTF-8. Beyond it can
// only be characters that mapping removes; normalising them without end is work for an attacker.
constexpr std::size_t kInputMax = 2048;

// Never IDN2_USE_STD3_ASCII_RULES: libidn2 2.3.3 then drops underscores in silence, and
// "ex_ample.com" would block "example.com".
constexpr int kFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;

struct Idn2Free {
  void operator()(std::uint8_t* text) const { idn2_free(text); }
};

std::string Lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ToLower(c);
  return out;
}

// UTS #46, 4.3: what divides labels besides ".".
constexpr std::array<std::string_view, 4> kDots{".", "\u3002", "\uff0e", "\uff61"};

// Removes and returns the first label of `rest`, and its dot; `ended` says that there was no dot.
std::string_view TakeLabel(std::string_view& rest, bool& ended) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    for (const std::string_view dot : kDots) {
      if (!rest.substr(i).starts_with(dot)) continue;
      const std::string_view label = rest.substr(0, i);
      rest.remove_prefix(i + dot.size());
      return label;
    }
  }
  ended = true;
  return rest;
}

bool IsPlain(std::string_view label) {
  return IsAscii(label) && !label.starts_with("xn--");
}

// UTS #46 maps the capital sharp s to "ß" since its revision 31 and mapped it to "ss" before, as
// libidn2 2.3.3 still does: "ẞ.example" would block "ss.example", someone else's name.
void MapCapitalSharpS(std::string& name) {
  constexpr std::string_view kCapital = "\u1e9e";
  constexpr std::string_view kSmall = "\u00df";
  std::size_t at = 0;
  while ((at = name.find(kCapital, at)) != std::string::npos) {
    name.replace(at, kCapital.size(), kSmall);
    at += kSmall.size();
  }
}

Result<std::string> Lookup(std::string_view label) {
  const std::string text(label);
  std::uint8_t* raw = nullptr;
  const int code =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &raw, kFlags);
  const std::unique_ptr<std::uint8_t, Idn2Free> ascii(raw);
  if (code == IDN2_DISALLOWED) {
    return Fail(ErrorCode::malformed_input,
                "IDNA 2008 allows letters and digits of any script, but no symbols or emoji");
  }
  if (code != IDN2_OK) return Fail(ErrorCode::malformed_input, idn2_strerror(code));
  return Lowered(reinterpret_cast<const char*>(ascii.get()));
}

// The ASCII of a label that is not plain. It has to be a fixed point, or one name could have two
// canonical forms.
Result<std::string> MapLabel(std::string_view label) {
  auto ascii = Lookup(label);
  if (!ascii || IsPlain(*ascii)) return ascii;
  const auto again = Lookup(*ascii);
  if (!again || *again != *ascii) {
    return Fail(ErrorCode::malformed_input, "its A-label does not read back as itself");
  }
  return ascii;
}

}  // namespace

Result<std::string> ToAscii(std::string_view name) {
  std::string lowered = Lowered(name);
  if (IsAscii(lowered) && lowered.find("xn--") == std::string::npos) return lowered;
  const auto refuse = [name](std::string_view why) {
    return Fail(ErrorCode::malformed_input,
                Quote(name) + " is not an internationalised name: " + std::string(why));
  };
  if (lowered.size() > kInputMax) return refuse("it is too long");
  if (lowered.find('\0') != std::string::npos) return refuse("it holds a NUL");
  MapCapitalSharpS(lowered);
  std::string out;
  std::string_view rest = lowered;
  for (bool ended = false; !ended;) {
    // Plain labels stay out of libidn2's sight: beside an international label it would refuse the
    // hyphens that DNS allows them ("r1---sn.bücher.example").
    const std::string_view label = TakeLabel(rest, ended);
    if (IsPlain(label)) {
      out += label;
    } else {
      const auto ascii = MapLabel(label);
      if (!ascii) return refuse(ascii.error().detail);
      out += *ascii;
    }
    if (!ended) out += '.';
  }
  return out;
}

}  // namespace policy
