#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Keeps two maps of an HAProxy (2.6 or later) on this machine: names and addresses to block.
// Settings: config/exporters/haproxy.example.yaml. What an admin has to do:
// docs/devices/haproxy.md.
Result<std::unique_ptr<Exporter>> MakeHaproxy(const config::Node& settings, const Environment&);

}  // namespace exporters
