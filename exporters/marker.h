#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/digest.h"

namespace exporters {

// Nobody's name (RFC 6761, 6.4): what ends so is never on a list.
inline constexpr std::string_view kMarkerDomain = "sekisho.invalid";

// A name that a device blocks besides those of a list: to ask for it says which list is in force.
inline std::string MarkerOf(const policy::Sha256& list_digest) {
  constexpr std::size_t label_size = 40;
  return policy::ToHex(list_digest).substr(0, label_size) + "." + std::string(kMarkerDomain);
}

}  // namespace exporters
