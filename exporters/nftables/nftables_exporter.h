#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Drops packets from and to addresses in the kernel's nftables of this machine, or of one of its
// network namespaces. Settings: config/exporters/nftables.example.yaml. What an admin has to do:
// docs/devices/nftables.md.
Result<std::unique_ptr<Exporter>> MakeNftables(const config::Node& settings, const Environment&);

}  // namespace exporters
