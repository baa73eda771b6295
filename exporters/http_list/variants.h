#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/http_list/formats.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::http_list {

// One list that clients fetch: the values of some kinds, in a device's own format. Firewalls take
// one kind a list (PAN-OS "External Dynamic List", FortiGate "external resource"), and most of them
// silently leave out what goes beyond their limit, hence `entries_max` and `bytes_max`.
struct Variant {
  std::string path;  // "domains.txt", a plain file name
  std::vector<policy::IndicatorKind> kinds;
  std::size_t entries_max = 0;  // lines of entries; 0 for no limit. The lowest risk is left out
  const Format* format = &Formats().front();
  bool ipv6 = true;  // whether this device takes what its format could hold
  bool prefixes = true;
  std::size_t bytes_max = 0;  // of the whole file; 0 for no limit

  bool Takes(policy::IndicatorKind kind) const;
  bool Holds(const policy::Indicator& indicator) const;
};

// What devices can't hold or have no room for, exactly: "PATH: " and the list's line. There only if
// there is such.
inline constexpr const char* left_out_name = "left-out.txt";

// The file of each variant, in that order, each followed by its MD5 file if its format has one;
// then `canonical_name` with the list's canonical text as it is, and `left_out_name`. Fails with
// `exhausted` if a variant has no room even for an empty list.
policy::Result<Artifact> RenderVariants(const policy::ListSnapshot& list,
                                        const std::vector<Variant>& variants,
                                        const std::string& canonical_name);

}  // namespace exporters::http_list
