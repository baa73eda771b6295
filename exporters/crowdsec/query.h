#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace exporters::crowdsec {

// What all our decisions say of themselves, which is what bouncers may filter by.
inline constexpr std::string_view kOrigin = "lists";
inline constexpr std::string_view kScenario = "sekisho";
inline constexpr std::string_view kType = "ban";

// The parameters of a request for decisions, as CrowdSec's local API takes them. Unknown ones are
// ignored, as it does: bouncers send some that are of no use here.
struct Query {
  bool startup = false;
  bool ips = true;     // whether it lets decisions of scope Ip pass
  bool ranges = true;  // of scope Range
  // One address or range, whose decisions alone are asked for.
  std::optional<std::string> value;
  bool contains = true;  // those that cover it, rather than those within it
};

Query ReadQuery(std::string_view query);

}  // namespace exporters::crowdsec
