#include <cstdint>
#include <string_view>

#include "agent/feeds/registry.h"
#include "policy/url_path.h"
#include "tests/fuzz/require.h"

// Reads the input as an allowlist in every format there is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& format : agent::feeds::AllowlistFormats()) {
    const auto list = format.parse(text);
    if (!list) continue;
    for (const policy::AllowEntry& entry : list->entries) {
      const auto* const prefix = std::get_if<policy::IpPrefix>(&entry.what);
      Require(prefix == nullptr || prefix->length() > 0, "no entry allows every address");
      Require(policy::IsUtf8(policy::TextOf(entry)), "what is shown to people is UTF-8");
    }
    for (const policy::RejectedLine& row : list->rejected) {
      Require(row.line >= 1, "lines count from 1");
      Require(row.reason.find('\n') == row.reason.npos, "a reason is one line");
    }
  }
  return 0;
}
