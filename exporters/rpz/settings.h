#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "exporters/rpz/endpoint.h"
#include "exporters/rpz/probe.h"
#include "exporters/rpz/tsig_key.h"
#include "exporters/rpz/zone.h"
#include "policy/result.h"

namespace exporters::rpz {

// Of a Knot DNS that is the primary.
struct KnotSettings {
  std::filesystem::path knotc;
  std::filesystem::path socket;
  std::filesystem::path kzonecheck;
};

// config/exporters/rpz.example.yaml explains each.
struct Settings {
  ZoneParameters zone;
  Endpoint primary;
  TsigKey tsig_key;
  std::filesystem::path zone_file;
  std::filesystem::path named_checkzone;
  std::filesystem::path rndc;
  std::filesystem::path rndc_key_file;
  Endpoint rndc_address;
  std::optional<KnotSettings> knot;  // else BIND is the primary
  std::vector<Resolver> resolvers;
  std::size_t parts = 1;  // zones that share the list
  std::chrono::milliseconds answer_timeout;
  std::chrono::milliseconds load_timeout;
  std::chrono::milliseconds enforce_timeout;
};

// Of each zone, the settings that it has as the only one: of several, "p3.rpz.sekisho" in
// "p3.rpz.sekisho.zone".
std::vector<Settings> SettingsOfZones(const Settings& settings);

// All errors at once, with file:line:column. Reads the TSIG key's file.
policy::Result<Settings> ReadSettings(const config::Node& node);

// config/exporters/rpz_file.example.yaml explains each.
struct FileSettings {
  ZoneParameters zone;
  std::filesystem::path zone_file;
  std::vector<Resolver> resolvers;
  std::vector<std::string> reload;  // a program and its arguments, or nothing
  std::chrono::milliseconds answer_timeout;
  std::chrono::milliseconds enforce_timeout;
};

policy::Result<FileSettings> ReadFileSettings(const config::Node& node);

}  // namespace exporters::rpz
