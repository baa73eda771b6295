#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/indicator.h"
#include "policy/time.h"

namespace agent::feeds {

// The addresses that are ours, as HOME_NET in Suricata's own configuration.
class HomeNet {
 public:
  HomeNet();  // RFC 1918 and RFC 4193
  explicit HomeNet(std::vector<policy::IpPrefix> prefixes) : prefixes_(std::move(prefixes)) {}

  bool Holds(const policy::IpPrefix& address) const;

 private:
  std::vector<policy::IpPrefix> prefixes_;
};

// What one alert says of the world outside.
struct EveAlert {
  policy::TimePoint at;
  std::vector<policy::Indicator> indicators;  // each once; none if both ends are ours
  std::string signature;                      // "2001219 ET SCAN Potential SSH Scan"
  std::string client;                         // our end; empty if neither end is ours
};

// "2015-03-29T11:01:38.221126-0600", as Suricata writes it, or RFC 3339.
policy::Result<policy::TimePoint> ParseEveTime(std::string text);

// Reads one event of Suricata's eve.json (https://docs.suricata.io/en/latest/output/eve/
// eve-json-format.html): an alert, or none if it is of another type. The error is a literal that
// says what is wrong. Pure.
//
// Indicators are the address of the end that is not ours, and the names that our end asked for:
// DNS name, TLS SNI, HTTP host and URL. What strangers ask of our servers is nothing of theirs; and
// of an alert about DNS the name counts and the resolver does not.
tl::expected<std::optional<EveAlert>, std::string_view> ReadEveEvent(std::string_view json,
                                                                     const HomeNet& home);

}  // namespace agent::feeds
