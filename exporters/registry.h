#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "config/yaml.h"
#include "exporters/exporter.h"

namespace exporters {

// One kind of device. Adding one is a folder with its renderer and its `Make`, and a row here.
struct Row {
  std::string_view name;  // as in `exporter:` of the configuration and in Hello
  // Reads its own settings (errors with file:line:column) and connects as far as needed to know
  // the device's version. Does not change the device.
  Result<std::unique_ptr<Exporter>> (*make)(const config::Node& settings, const Environment&);
};

std::span<const Row> Registry();
const Row* FindRow(std::string_view name);  // null when there is none

}  // namespace exporters
