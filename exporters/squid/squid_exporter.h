#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Blocks names, addresses and URLs in a Squid proxy (5 or later) on this machine. Settings:
// config/exporters/squid.example.yaml. What an admin has to do: docs/devices/squid.md.
Result<std::unique_ptr<Exporter>> MakeSquid(const config::Node& settings, const Environment&);

}  // namespace exporters
