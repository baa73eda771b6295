#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/eve_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/traffic.h"
#include "agent/traffic/zeek_log.h"
#include "tests/fuzz/require.h"

namespace {

using agent::traffic::Traffic;

const policy::PublicSuffixList& Suffixes() {
  static const auto suffixes = policy::PublicSuffixList::Parse("com\nexample\n").value();
  return suffixes;
}

void Take(const agent::traffic::LineResult& request, Traffic& traffic) {
  if (request && *request) traffic.Add(**request, (*request)->at);
}

}  // namespace

// Reads each line of the input as every format's, and all of it as a kept document. What was
// counted reads back as it was written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Traffic traffic(Suffixes(), 16, {1, 2});
  agent::traffic::ZeekLog zeek{agent::feeds::HomeNet()};
  std::string header;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    Take(agent::traffic::ReadBindQuery(line, std::chrono::hours(9)), traffic);
    Take(agent::traffic::ReadSquidAccess(line), traffic);
    Take(zeek.Read(line, header), traffic);
    Take(agent::traffic::ReadEveLog(line, agent::feeds::HomeNet()), traffic);
  }
  Require(traffic.size() <= 16, "there is a bound");
  Traffic again(Suffixes(), 16, {});
  Require(again.Read(traffic.Document()).has_value(), "it reads what it wrote");
  Require(again.Document().size() == traffic.Document().size(), "and nothing is lost");
  static_cast<void>(again.Read(text));
  return 0;
}
