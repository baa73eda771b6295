#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "config/yaml.h"
#include "platform/http_server.h"
#include "policy/result.h"

namespace exporters {

struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  // Clients have to show a certificate by one of these; empty where they need none.
  std::filesystem::path client_ca;
};

// Where an exporter listens for the devices that fetch from it.
struct ListenSettings {
  std::string address;
  std::uint16_t port = 0;
  std::optional<TlsFiles> tls;
};

// Reads `address`, `port`, `tls` and `allow_plain_http` of an exporter's settings; what is wrong is
// noted at the node.
ListenSettings ReadListenSettings(const config::Node& node);

// An exporter's HTTP server, and the way in for the exporter itself.
class Listener {
 public:
  // Listens from when this returns; `handler` as in HttpServer::Start.
  static policy::Result<std::unique_ptr<Listener>> Start(const ListenSettings& settings,
                                                         platform::HttpServer::Handler handler);
  // `handler` as in HttpServer::StartDeferring.
  static policy::Result<std::unique_ptr<Listener>> StartDeferring(
      const ListenSettings& settings, platform::HttpServer::DeferringHandler handler);

  // Where this machine reaches the same handler, without TLS: "http://127.0.0.1:8080".
  const std::string& local_url() const { return local_url_; }

  // Takes a certificate that was renewed as a file; a bad new one leaves the old in use. From one
  // thread.
  void RenewTls();

 private:
  explicit Listener(std::optional<TlsFiles> files) : files_(std::move(files)) {}

  std::optional<TlsFiles> files_;
  std::optional<platform::HttpServer::Tls> tls_;
  std::string local_url_;
  std::unique_ptr<platform::HttpServer> server_;
  std::unique_ptr<platform::HttpServer> loopback_;
};

}  // namespace exporters
