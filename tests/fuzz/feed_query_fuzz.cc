#include <algorithm>
#include <cstdint>
#include <string_view>

#include "exporters/http_list/feed_render.h"
#include "policy/release.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using exporters::http_list::Variant;
  using policy::IndicatorKind;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = exporters::http_list::ReadFeedQuery(text);
  if (!query) return 0;
  const auto list = policy::ListSnapshot::FromLines(
      {"domain evil.example", "ip 192.0.2.0/24", "ip 192.0.2.1/32", "url http://a.example:81/x"});
  const Variant variant{"list.txt", {IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url}};
  const auto feed = RenderFeed(*list, variant, *query);
  Require(feed.has_value(), "what can be asked for can be rendered");
  Require(!feed->bytes.empty(), "no feed is an empty body");
  Require(query->columns.size() <= 16 && query->categories.size() <= 16, "a query is small");
  const auto lines = std::count(feed->bytes.begin(), feed->bytes.end(), '\n');
  Require(lines <= 16 * 6, "no text of a query makes a line of its own");
  return 0;
}
