#pragma once

#include <string>

#include "agent/api/client_address.h"
#include "agent/api/gate.h"
#include "agent/api/method_table.h"
#include "agent/api/worker_pool.h"
#include "platform/http_server.h"

namespace agent::api {

// The Connect door, for the web page, curl and scripts: POST /sekisho.v1.Service/Method with a body
// of application/json or application/proto; errors are Connect's JSON with its HTTP status
// (https://connectrpc.com/docs/protocol#unary-request). The same methods, gate and pool as those of
// the gRPC door. Any thread; everything given has to outlive all answers.
class ConnectDoor {
 public:
  // `origin` is the page's own, "https://sekisho.example.org"; empty: whatever Host the browser
  // names, under `scheme`.
  ConnectDoor(const MethodTable& methods, const Gate& gate, WorkerPool& pool, std::string scheme,
              std::string origin, TrustedProxies proxies = {})
      : methods_(methods),
        gate_(gate),
        pool_(pool),
        scheme_(std::move(scheme)),
        origin_(std::move(origin)),
        proxies_(std::move(proxies)) {}

  // Whether the path is one of this door's.
  static bool Serves(std::string_view path) { return path.starts_with("/sekisho."); }

  void Handle(platform::HttpServerRequest request, platform::HttpServer::Respond respond) const;

 private:
  policy::Result<void> CheckBrowser(const platform::HttpServerRequest& request) const;
  policy::Result<Call> Admit(const platform::HttpServerRequest& request,
                             std::string_view method) const;

  const MethodTable& methods_;
  const Gate& gate_;
  WorkerPool& pool_;
  const std::string scheme_;  // "http" or "https"
  const std::string origin_;
  const TrustedProxies proxies_;
};

}  // namespace agent::api
