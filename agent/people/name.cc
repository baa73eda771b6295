#include "agent/people/name.h"

#include <algorithm>
#include <string_view>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t name_size_max = 64;

}  // namespace

// `approved_by` joins names with commas.
Result<void> CheckName(const std::string& name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-' ||
           c == '@' || static_cast<unsigned char>(c) >= 0x80;
  });
  if (name.empty() || name.size() > name_size_max || !is_plain) {
    return Fail(ErrorCode::malformed_input,
                "a caller's name " + policy::Quote(name) +
                    " has to be 1 to 64 letters, digits and any of . _ - @");
  }
  for (const std::string_view own : {"policy", "agent"}) {
    if (policy::EqualsIgnoringCase(name, own)) {
      return Fail(ErrorCode::malformed_input,
                  "a caller can't be named \"" + name + "\": the history calls the agent so");
    }
  }
  return {};
}

}  // namespace agent::people
