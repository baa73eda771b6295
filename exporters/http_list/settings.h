#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "exporters/http_list/variants.h"
#include "exporters/listener.h"
#include "exporters/named_key.h"
#include "platform/tls.h"
#include "policy/result.h"

namespace exporters::http_list {

// config/exporters/http_list.example.yaml shows them.
struct Settings {
  ListenSettings listen;
  std::vector<Variant> lists;
  std::optional<platform::SigningKey> signing_key;  // of the files that are served
  bool anonymous = false;
  std::vector<NamedKey> readers;
  std::chrono::seconds retry_after{0};
  // Where the lists are fetched from to prove that they are served; empty for a loopback port of
  // the exporter's own.
  std::string read_back_url;
  std::filesystem::path read_back_ca;
};

// Fails with all that is wrong, by line and column. Reads the token files and the signing key.
policy::Result<Settings> ReadSettings(const config::Node& node, const std::string& canonical_name);

}  // namespace exporters::http_list
