#pragma once

#include "exporters/exporter.h"
#include "policy/release.h"

namespace exporters::nginx {

inline constexpr const char* kNamesFile = "names.map";
inline constexpr const char* kAddressesFile = "addresses.geo";

// What nginx reads: the names, with the list's marker first, for a `map` with `hostnames`, and the
// prefixes for a `geo`. nginx finds the longest match itself, so that nothing is minimised. Pure;
// URLs count as not enforceable.
Result<Artifact> FilesOf(const policy::ListSnapshot& list);

}  // namespace exporters::nginx
