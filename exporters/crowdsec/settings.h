#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "config/yaml.h"
#include "exporters/crowdsec/values.h"
#include "exporters/listener.h"
#include "exporters/named_key.h"
#include "policy/result.h"

namespace exporters::crowdsec {

// config/exporters/crowdsec.example.yaml shows them.
struct Settings {
  ListenSettings listen;
  std::vector<NamedKey> bouncers;
  PrefixRule prefixes;
  std::size_t entries_max = 0;
  std::chrono::seconds hold{0};
  std::chrono::seconds pull_within{0};
};

// Fails with all that is wrong, by line and column. Reads the key files.
policy::Result<Settings> ReadSettings(const config::Node& node);

}  // namespace exporters::crowdsec
