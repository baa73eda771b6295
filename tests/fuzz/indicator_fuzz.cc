#include <cstdint>
#include <string>
#include <string_view>

#include "policy/indicator.h"
#include "tests/fuzz/require.h"

using policy::Indicator;

namespace {

void RequireCanonical(const Indicator& indicator) {
  const std::string line = policy::LineOf(indicator);
  Require(line.find('\n') == std::string::npos, "a line is one line");
  const auto read = policy::ParseLine(line);
  Require(read && *read == indicator, "a line reads back as its indicator");
  const auto parsed = policy::ParseIndicator(policy::KindOf(indicator), policy::TextOf(indicator));
  Require(parsed && *parsed == indicator, "canonical text reads back as itself");
  Require(policy::GuessIndicator(policy::TextOf(indicator)).has_value(),
          "canonical text can be typed in again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto guessed = policy::GuessIndicator(text)) RequireCanonical(*guessed);
  if (const auto read = policy::ParseLine(text)) {
    Require(policy::LineOf(*read) == text, "only a canonical line is read");
    RequireCanonical(*read);
  }
  return 0;
}
