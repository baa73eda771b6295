#pragma once

#include <memory>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// Keeps a response policy zone in a file that resolvers read: Knot Resolver, which can't follow a
// primary, or any that runs on the same machine without one. The file is replaced whole, by rename;
// resolvers that don't watch it are told by a command of the settings.
//
// No resolver has a checker for such a file, so the proof is what it answers: if one of them
// answers otherwise, the file before comes back.
//
// Reads the settings (config/exporters/rpz_file.example.yaml).
Result<std::unique_ptr<Exporter>> MakeRpzFile(const config::Node& settings,
                                              const Environment& environment);

}  // namespace exporters
