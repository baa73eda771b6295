#include <algorithm>
#include <cstdint>
#include <string_view>

#include "agent/feeds/suricata_rules.h"
#include "tests/fuzz/require.h"

using policy::Observation;

// Reads the input as rules whose whole names are tied at both ends, and as rules where they need
// not be, which can only give more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const policy::TimePoint now{std::chrono::seconds(1'773'576'000)};
  const auto tied = agent::feeds::ParseSuricataRules(text, now, 10'000);
  const auto loose = agent::feeds::ParseSuricataRules(text, now, 10'000, {.unanchored = true});
  if (!tied || !loose) return 0;
  const auto is_before = [](const Observation& a, const Observation& b) {
    return a.indicator < b.indicator;
  };
  Require(std::includes(loose->observations.begin(), loose->observations.end(),
                        tied->observations.begin(), tied->observations.end(), is_before),
          "what a tied content gives, an untied one gives too");
  Require(tied->rows_total == loose->rows_total, "the rules are the same");
  return 0;
}
