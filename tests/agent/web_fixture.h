#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/web_server.h"
#include "platform/atomic_file.h"
#include "platform/http_client.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api::testing {

using Headers = std::vector<platform::HttpHeader>;

// What a call brought: the HTTP status and the body, JSON unless asked otherwise.
using HttpAnswer = platform::HttpResponse;

inline std::string HeaderOf(const HttpAnswer& answer, std::string_view name) {
  return std::string(platform::FindHeader(answer.headers, name));
}

// The web server, on loopback, with a page of three files and the services of ServicesFixture.
class WebFixture : public ServicesFixture {
 protected:
  void SetUp() override {
    ServicesFixture::SetUp();
    for (const char* sub : {"page", "page/assets"})
      std::filesystem::create_directory(folder_ / sub);
    Write("page/index.html", "<!doctype html><title>Sekisho</title>");
    Write("page/assets/app-1234.js", std::string(2000, ';'));
    Write("secret.txt", "not for the web");
    std::filesystem::create_symlink(folder_ / "secret.txt", folder_ / "page/link.txt");
    WebSettings settings;
    settings.address = "127.0.0.1";
    settings.root = folder_ / "page";
    web_ = StartWebServer(settings, methods_, gate(), pool_).value();
    origin_ = "http://127.0.0.1:" + std::to_string(web_->port());
  }
  void TearDown() override {
    web_.reset();
    ServicesFixture::TearDown();
  }

  Gate& gate() { return server_->gate(); }

  HttpAnswer Send(platform::HttpRequest request, const std::string& path) {
    request.url = origin_ + path;
    request.allow_private_addresses = true;
    auto answer = client_.Send(request);
    EXPECT_TRUE(answer) << answer.error().detail;
    return answer.value_or(HttpAnswer());
  }
  HttpAnswer Get(const std::string& path, Headers headers = {}) {
    platform::HttpRequest request;
    request.headers = std::move(headers);
    return Send(std::move(request), path);
  }
  HttpAnswer Post(const std::string& method, const std::string& body, Headers headers,
                  const std::string& content_type = "application/json") {
    platform::HttpRequest request;
    request.method = platform::HttpMethod::post;
    request.content_type = content_type;
    request.body = body;
    request.headers = std::move(headers);
    return Send(std::move(request), "/sekisho.v1." + method);
  }
  static Headers Bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / name, text));
  }

  platform::CurlHttpClient client_{"sekisho-test"};
  WorkerPool pool_{4, 64};
  std::unique_ptr<platform::HttpServer> web_;
  std::string origin_;
};

}  // namespace agent::api::testing
