#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "agent/api/connect_door.h"
#include "platform/http_server.h"
#include "policy/result.h"

namespace agent {

// Where people's browsers come in: the page and its calls.
struct WebSettings {
  std::string address;  // "127.0.0.1"
  std::uint16_t port = 0;
  std::filesystem::path certificate;  // empty: plain text, which only loopback is allowed
  std::filesystem::path key;
  std::filesystem::path root;  // of the built page; empty: calls only
  std::string origin;          // "https://sekisho.example.org", where a proxy stands before it
  api::TrustedProxies trusted_proxies;
};

// Loads the page and serves it with the calls of its door. Everything given has to outlive it.
policy::Result<std::unique_ptr<platform::HttpServer>> StartWebServer(
    const WebSettings& settings, const api::MethodTable& methods, const api::Gate& gate,
    api::WorkerPool& pool);

}  // namespace agent
