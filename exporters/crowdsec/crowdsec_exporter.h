#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Is to CrowdSec's bouncers (for nftables, iptables, nginx, Traefik ...) what CrowdSec's own local
// API is: they pull the addresses of a list from it. Proves what it serves by pulling it as they
// do, and says which of them has pulled it; a list that one has not pulled is not proven.
//
// Listens from the moment it is made, and serves what it served last. A bouncer that pulls misses
// nothing by a restart.
Result<std::unique_ptr<Exporter>> MakeCrowdsec(const config::Node& settings,
                                               const Environment& environment);

}  // namespace exporters
