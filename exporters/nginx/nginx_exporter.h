#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Blocks names and client addresses in an nginx, by two files that its configuration includes in a
// `map` and a `geo`, and a reload. Proves by asking nginx itself.
Result<std::unique_ptr<Exporter>> MakeNginx(const config::Node& settings,
                                            const Environment& environment);

}  // namespace exporters
