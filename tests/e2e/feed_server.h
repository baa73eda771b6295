#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "platform/http_server.h"

namespace e2e {

// The Internet that feeds and allowlists come from: a web server on loopback. Bodies may be changed
// while it serves.
class FeedServer {
 public:
  FeedServer() {
    auto server = platform::HttpServer::Start(
        {}, [this](const platform::HttpServerRequest& request) { return Answer(request.path); });
    if (!server) throw std::runtime_error(server.error().detail);
    server_ = std::move(*server);
  }
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;
  ~FeedServer() { server_->Stop(); }

  // Served from now on as `name`; gives its URL.
  std::string Put(const std::string& name, std::string body) {
    const std::lock_guard lock(mutex_);
    bodies_["/" + name] = std::make_shared<const std::string>(std::move(body));
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/" + name;
  }

 private:
  platform::HttpServerResponse Answer(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto body = bodies_.find(path);
    if (body == bodies_.end()) return platform::TextResponse(404, "not here\n");
    return {200, {}, body->second};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> bodies_;
  std::unique_ptr<platform::HttpServer> server_;
};

}  // namespace e2e
