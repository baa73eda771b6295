#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporters/rpz/action.h"
#include "exporters/rpz/trigger.h"

namespace exporters::rpz {

enum class Software : std::uint8_t { bind, unbound, powerdns, knot };
std::string_view Name(Software software);  // "Knot Resolver"

// How a resolver departs from what a zone asks of it. As seen in BIND 9.18.49, Unbound 1.17.1,
// PowerDNS Recursor 4.8.8 and Knot Resolver 5.6.0; tests/exporters/rpz_triggers_test asks all four.
struct Departure {
  enum class Effect : std::uint8_t { ignored, otherwise, crash };
  Effect effect;
  std::string text;  // "ignores rules on addresses in answers"
};

// Nothing: it does what the zone says.
std::optional<Departure> DepartureOf(Software software, Trigger trigger, const Action& action);

}  // namespace exporters::rpz
