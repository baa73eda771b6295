#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Keeps a response policy zone (RPZ) in a primary, BIND or Knot DNS: the first load, and every
// large change, by the zone's file; all others by dynamic updates (RFC 2136) under TSIG, so that
// one more name among a million costs one small message. Resolvers are a BIND itself, or
// secondaries. Where it takes them long to go over so large a zone, the list is in several
// (exporters/rpz/parts.h).
//
// Reads the settings (config/exporters/rpz.example.yaml) and the key file, and asks the primary
// for its version. One that doesn't run yet is no error.
Result<std::unique_ptr<Exporter>> MakeRpz(const config::Node& settings,
                                          const Environment& environment);

}  // namespace exporters
