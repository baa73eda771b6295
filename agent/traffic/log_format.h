#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "agent/traffic/request.h"
#include "config/yaml.h"

namespace agent::traffic {

// Reads a line. `header` is what lines above it in the file say of it; the reader brings it up to
// date. Empty at a file's start. Not thread-safe.
using ReadLine = std::function<LineResult(std::string_view line, std::string& header)>;

struct LogFormat {
  std::string_view name;
  // Reads the keys that only this format knows.
  ReadLine (*make)(const config::Node& log);
};

// Every format there is.
std::span<const LogFormat> LogFormats();

}  // namespace agent::traffic
