#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Keeps the addresses of a list in two ipsets, one a family, which the administrator's own iptables
// rules refer to. Proves by reading them back from the kernel, and that some rule does refer to
// them.
Result<std::unique_ptr<Exporter>> MakeIpset(const config::Node& settings,
                                            const Environment& environment);

}  // namespace exporters
