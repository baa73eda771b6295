#include <cstdint>
#include <string>
#include <string_view>

#include "agent/feeds/stix_indicators.h"
#include "agent/feeds/stix_pattern.h"
#include "tests/fuzz/require.h"

using agent::feeds::FindNetworkIndicators;
using agent::feeds::ParseStixPattern;
using agent::feeds::StixPorts;
using agent::feeds::StixVersion;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pattern(reinterpret_cast<const char*>(data), size);
  for (const StixVersion version : {StixVersion::v20, StixVersion::v21}) {
    const auto parsed = ParseStixPattern(pattern, version);
    if (!parsed) {
      Require(!parsed.error().detail.empty(), "a failure says why");
      Require(parsed.error().detail.find('\n') == std::string::npos, "a failure is one line");
      continue;
    }
    Require(size > 10'000 ||
                ParseStixPattern("(" + pattern + ") OR (" + pattern + ")", version).has_value() ||
                pattern.find('(') != std::string::npos,
            "a pattern stays one within parentheses");
    const auto strict = FindNetworkIndicators(*parsed, StixPorts::refuse);
    const auto loose = FindNetworkIndicators(*parsed, StixPorts::drop);
    Require(strict.indicators.size() <= loose.indicators.size(), "dropping ports loses nothing");
    for (const auto& rest : loose.remainders) Require(!rest.reason.empty(), "a reason is given");
  }
  return 0;
}
