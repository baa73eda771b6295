#include <cstdint>
#include <string>
#include <string_view>

#include "policy/indicator.h"
#include "policy/refang.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string live = policy::Refang(text);
  Require(live.size() <= text.size(), "refanging makes nothing longer");
  // A path is evidence, and stays as it was written.
  const std::string in_path = "http://h/" + std::string(text);
  Require(policy::Refang(in_path) == in_path, "a path survives");
  policy::Defang(text);
  const auto indicator = policy::GuessIndicator(text);
  if (!indicator) return 0;
  const std::string canonical = policy::TextOf(*indicator);
  Require(policy::Refang(canonical) == canonical, "canonical text is not defanged");
  Require(policy::Refang(policy::Defang(canonical)) == canonical, "refanging undoes defanging");
  return 0;
}
