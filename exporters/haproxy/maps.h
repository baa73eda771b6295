#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/release.h"
#include "policy/result.h"

namespace exporters::haproxy {

// The rules look a host up by its last label, its last two, and so on up to this many.
inline constexpr std::size_t kLabelsMax = 16;

// Keys of the two maps. HAProxy finds the longest match itself, so nothing is minimised, and a line
// of a list is one key: a change of the list is a change of as many keys.
struct Keys {
  std::vector<std::string> names;
  std::vector<std::string> addresses;  // prefixes
  std::size_t not_enforceable = 0;     // lines: URLs, and names of over kLabelsMax labels
  std::size_t size() const { return names.size() + addresses.size(); }
};

// In the order of the lines, which have to be canonical.
policy::Result<Keys> KeysOf(const policy::ListSnapshot& list);
policy::Result<Keys> KeysOf(const std::vector<std::string>& lines);

// What HAProxy loads at its start.
std::string MapFile(const std::vector<std::string>& keys);

}  // namespace exporters::haproxy
