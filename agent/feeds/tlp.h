#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/yaml.h"

namespace agent::feeds {

// The Traffic Light Protocol, https://www.first.org/tlp/: with whom a source lets us share what it
// says, the widest circle first. WHITE was CLEAR's name until version 2.0.
enum class Tlp : std::uint8_t { clear, green, amber, amber_strict, red };

// "tlp:clear", the form of tags.
std::string_view TagOf(Tlp tlp);

// Reads "TLP:AMBER+STRICT", "tlp:white", "amber" in any case; none if it is no TLP.
std::optional<Tlp> ParseTlp(std::string_view text);

// Reads a feed's key `tlp_max`: rows marked above it are not taken. By default amber.
Tlp ReadTlpMax(const config::Node& source);

}  // namespace agent::feeds
