#include "agent/web_server.h"

#include <optional>
#include <utility>

#include "agent/api/web_assets.h"
#include "platform/tls.h"

namespace agent {
namespace {

using platform::HttpServer;
using platform::HttpServerRequest;
using platform::HttpServerResponse;
using policy::Result;

constexpr std::size_t body_size_max = 4 * 1024 * 1024;

Result<std::optional<HttpServer::Tls>> LoadTls(const WebSettings& settings) {
  if (settings.certificate.empty()) return std::optional<HttpServer::Tls>();
  auto certificate = platform::LoadPem(settings.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  auto key = platform::LoadPem(settings.key);
  if (!key) return tl::unexpected(key.error());
  return std::optional(HttpServer::Tls{std::move(*certificate), std::move(*key), ""});
}

// All that answers requests; kept alive by the server's handler.
struct Site {
  api::ConnectDoor door;
  std::optional<api::WebAssets> page;
  bool is_tls;

  void Handle(HttpServerRequest request, HttpServer::Respond respond) const {
    const auto guarded = [is_tls = is_tls,
                          respond = std::move(respond)](HttpServerResponse answer) {
      api::AddSecurityHeaders(answer, is_tls);
      respond(std::move(answer));
    };
    if (api::ConnectDoor::Serves(request.path)) {
      door.Handle(std::move(request), guarded);
    } else if (page) {
      guarded(page->Respond(request));
    } else {
      guarded(platform::TextResponse(404, "there is no page here; web.root is not set\n"));
    }
  }
};

}  // namespace

Result<std::unique_ptr<HttpServer>> StartWebServer(const WebSettings& settings,
                                                   const api::MethodTable& methods,
                                                   const api::Gate& gate, api::WorkerPool& pool) {
  auto tls = LoadTls(settings);
  if (!tls) return tl::unexpected(tls.error());
  const bool is_tls = tls->has_value();
  const auto site =
      std::make_shared<Site>(Site{api::ConnectDoor(methods, gate, pool, is_tls ? "https" : "http",
                                                   settings.origin, settings.trusted_proxies),
                                  std::nullopt, is_tls});
  if (!settings.root.empty()) {
    auto page = api::WebAssets::Load(settings.root);
    if (!page) return tl::unexpected(page.error());
    site->page = std::move(*page);
  }
  HttpServer::Options options;
  options.address = settings.address;
  options.port = settings.port;
  options.tls = std::move(*tls);
  options.limits.body_size_max = body_size_max;
  return HttpServer::StartDeferring(std::move(options),
                                    [site](HttpServerRequest request, HttpServer::Respond respond) {
                                      site->Handle(std::move(request), std::move(respond));
                                    });
}

}  // namespace agent
