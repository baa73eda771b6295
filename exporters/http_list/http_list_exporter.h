#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Serves a list over HTTP for devices that fetch theirs, as plain text: one list for each kind, or
// mixture of kinds, that the settings name, and the whole canonical text at
// /lists/DEVICE.canonical.txt, whose sha256sum is the list's digest (and which alone is an empty
// body when the list is empty). Proves what it serves by fetching it.
//
// Listens from the moment it is made, and serves what it served last.
Result<std::unique_ptr<Exporter>> MakeHttpList(const config::Node& settings,
                                               const Environment& environment);

}  // namespace exporters
