#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "exporters/http_list/access.h"
#include "exporters/http_list/variants.h"
#include "platform/http_server.h"
#include "policy/result.h"

namespace exporters::http_list {

struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// config/exporters/http_list.example.yaml shows them.
struct Settings {
  std::string address;
  std::uint16_t port = 0;
  std::optional<TlsFiles> tls;
  std::vector<Variant> lists;
  bool anonymous = false;
  std::vector<Reader> readers;
  std::chrono::seconds retry_after{0};
  // Where the lists are fetched from to prove that they are served; empty for a loopback port of
  // the exporter's own.
  std::string read_back_url;
  std::filesystem::path read_back_ca;
};

// Fails with all that is wrong, by line and column. Reads the token files.
policy::Result<Settings> ReadSettings(const config::Node& node, const std::string& canonical_name);

policy::Result<platform::HttpServer::Tls> LoadTls(const TlsFiles& files);

}  // namespace exporters::http_list
