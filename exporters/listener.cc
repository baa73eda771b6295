#include "exporters/listener.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "platform/log.h"
#include "platform/tls.h"
#include "policy/ip_prefix.h"

namespace exporters {
namespace {

using platform::HttpServer;
using policy::Result;

// Twice the 10,000 devices that may come within the same minute and keep their connections.
constexpr std::size_t connections_max = 20'000;

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

Result<HttpServer::Tls> LoadTls(const TlsFiles& files) {
  auto certificate = platform::LoadPem(files.certificate);
  if (!certificate) return tl::unexpected(std::move(certificate.error()));
  auto key = platform::LoadPem(files.key);
  if (!key) return tl::unexpected(std::move(key.error()));
  HttpServer::Tls tls{std::move(*certificate), std::move(*key), {}, false};
  if (files.client_ca.empty()) return tls;
  auto client_ca = platform::LoadPem(files.client_ca);
  if (!client_ca) return tl::unexpected(std::move(client_ca.error()));
  tls.client_ca_pem = std::move(*client_ca);
  return tls;
}

// The URL of a server as seen from this machine.
std::string LocalUrl(const std::string& address, std::uint16_t port) {
  std::string host = address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  return "http://" + host + ':' + std::to_string(port);
}

}  // namespace

ListenSettings ReadListenSettings(const config::Node& node) {
  ListenSettings settings;
  const config::Node address = node.Optional("address");
  settings.address = address.AsString("127.0.0.1");
  const auto parsed = policy::IpPrefix::Parse(settings.address);
  if (!parsed || !parsed->is_address()) address.Fail("must be an IP address");
  settings.port = static_cast<std::uint16_t>(node.Require("port").AsInt(0, 65535));
  const config::Node tls = node.Optional("tls");
  const bool plain = node.Optional("allow_plain_http").AsBool(false);
  if (tls.present()) {
    settings.tls = TlsFiles{tls.Require("certificate").AsPath(), tls.Require("key").AsPath(),
                            tls.Optional("client_ca").AsPath()};
  } else if (!plain && !IsLoopback(settings.address)) {
    node.Fail("needs tls, or allow_plain_http: true, for an address that others can reach");
  }
  return settings;
}

Result<std::unique_ptr<Listener>> Listener::Start(const ListenSettings& settings,
                                                  HttpServer::Handler handler) {
  return StartDeferring(settings,
                        [handler = std::move(handler)](const auto& request, const auto& respond) {
                          respond(handler(request));
                        });
}

Result<std::unique_ptr<Listener>> Listener::StartDeferring(const ListenSettings& settings,
                                                           HttpServer::DeferringHandler handler) {
  std::unique_ptr<Listener> listener(new Listener(settings.tls));
  HttpServer::Options options;
  options.address = settings.address;
  options.port = settings.port;
  if (settings.tls) {
    auto tls = LoadTls(*settings.tls);
    if (!tls) return tl::unexpected(std::move(tls.error()));
    listener->tls_ = std::move(*tls);
    options.tls = listener->tls_;
  }
  options.limits.connections_max = connections_max;
  auto server = HttpServer::StartDeferring(options, handler);
  if (!server) return tl::unexpected(std::move(server.error()));
  listener->server_ = std::move(*server);
  if (!settings.tls) {
    listener->local_url_ = LocalUrl(settings.address, listener->server_->port());
    return listener;
  }
  // No certificate names the loopback address, so the same handler listens there without TLS.
  auto loopback = HttpServer::StartDeferring(HttpServer::Options{}, std::move(handler));
  if (!loopback) return tl::unexpected(std::move(loopback.error()));
  listener->loopback_ = std::move(*loopback);
  listener->local_url_ = LocalUrl("127.0.0.1", listener->loopback_->port());
  return listener;
}

void Listener::RenewTls() {
  if (!files_) return;
  auto tls = LoadTls(*files_);
  if (tls && tls->certificate_pem == tls_->certificate_pem && tls->key_pem == tls_->key_pem &&
      tls->client_ca_pem == tls_->client_ca_pem) {
    return;
  }
  const Result<void> renewed =
      tls ? server_->ReloadTls(*tls) : Result<void>(tl::unexpected(tls.error()));
  if (!renewed) {
    platform::Warn("the renewed certificate cannot be used: {}", renewed.error().detail);
    return;
  }
  tls_ = std::move(*tls);
  platform::Info("serving with a renewed certificate");
}

}  // namespace exporters
