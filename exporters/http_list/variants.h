#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::http_list {

// One list that clients fetch: the values of some kinds, one a line, without the kind. Firewalls
// take one kind a list (PAN-OS "External Dynamic List", FortiGate "external resource"), and most
// of them silently leave out what goes beyond their limit, hence `entries_max`.
struct Variant {
  std::string path;  // "domains.txt", a plain file name
  std::vector<policy::IndicatorKind> kinds;
  std::size_t entries_max = 0;  // 0 for no limit
};

// Served instead of an empty body, since clients take one for a broken server, or drop the list
// that they have.
inline constexpr const char* empty_list_text = "# sekisho: this list is empty\n";

// The file of each variant, in that order, then `canonical_name` with the list's canonical text as
// it is. An address loses its "/32" or "/128". Fails with `exhausted` if a variant would exceed
// its `entries_max`: nothing is ever cut.
policy::Result<Artifact> RenderVariants(const policy::ListSnapshot& list,
                                        const std::vector<Variant>& variants,
                                        const std::string& canonical_name);

}  // namespace exporters::http_list
