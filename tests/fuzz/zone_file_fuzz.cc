#include <cstdint>
#include <string_view>

#include "agent/feeds/registry.h"
#include "tests/fuzz/require.h"

// Reads the input as a response policy zone, as a list of what it blocks and of what it passes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const policy::TimePoint now{std::chrono::seconds(1'773'576'000)};
  static const auto rpz = *agent::feeds::FindFeedFormat("rpz");
  static const auto passthru = *agent::feeds::FindAllowlistFormat("rpz-passthru");
  const auto zone = rpz.parse(text, now, 10'000);
  const auto passes = passthru.parse(text, now, 10'000);
  if (!zone || !passes) return 0;
  using Snapshot = std::shared_ptr<const agent::feeds::FeedSnapshot>;
  using Allowlist = std::shared_ptr<const policy::ParsedAllowlist>;
  const auto& allowed = std::get<Allowlist>(passes->content)->entries;
  for (const auto& seen : std::get<Snapshot>(zone->content)->observations) {
    for (const policy::AllowEntry& entry : allowed) {
      const auto* const domain = std::get_if<policy::Domain>(&entry.what);
      if (domain == nullptr) continue;
      Require(seen.indicator != policy::Indicator(*domain), "nothing is blocked that passes");
    }
  }
  return 0;
}
