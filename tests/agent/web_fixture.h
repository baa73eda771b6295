#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/web_server.h"
#include "platform/atomic_file.h"
#include "platform/http_client.h"
#include "sekisho/v1/people.pb.h"
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
  // A call as the page makes it: from its own origin, with the session's cookie if there is one.
  template <class Response = v1::LogOutResponse, class Request>
  Answer<Response> Browse(const std::string& method, const Request& request,
                          const std::string& session = "") {
    const auto answer =
        Post(method, request.SerializeAsString(), BrowserHeaders(session), "application/proto");
    Answer<Response> result{StatusOf(answer), {}};
    if (result.status.ok()) {
      EXPECT_TRUE(result.body.ParseFromString(answer.body));
    }
    const std::string cookie = HeaderOf(answer, "set-cookie");
    if (cookie.starts_with("sekisho=")) cookie_ = cookie.substr(8, cookie.find(';') - 8);
    return result;
  }
  Headers BrowserHeaders(const std::string& session) const {
    Headers headers{{"Origin", origin_}, {"Connect-Protocol-Version", "1"}};
    if (!session.empty()) headers.push_back({"Cookie", "theme=dark; sekisho=" + session});
    return headers;
  }
  // The gRPC status that a Connect answer stands for, by its HTTP status.
  static grpc::Status StatusOf(const HttpAnswer& answer) {
    using Code = grpc::StatusCode;
    const std::map<int, Code> codes{{200, Code::OK},
                                    {400, Code::INVALID_ARGUMENT},
                                    {401, Code::UNAUTHENTICATED},
                                    {404, Code::NOT_FOUND},
                                    {403, Code::PERMISSION_DENIED},
                                    {409, Code::ABORTED},
                                    {429, Code::RESOURCE_EXHAUSTED},
                                    {501, Code::UNIMPLEMENTED}};
    const auto code = codes.find(answer.status);
    return {code == codes.end() ? Code::UNKNOWN : code->second, answer.body};
  }

  // Invites, redeems and so logs in; returns the session.
  std::string Enrol(const std::string& name, const std::string& role) {
    v1::InviteRequest invite;
    invite.set_name(name);
    invite.set_role(role);
    const auto invited = Call<v1::InviteResponse>("Accounts/Invite", invite, "admin-token");
    EXPECT_TRUE(invited.status.ok()) << invited.status.error_message();
    v1::RedeemRequest redeem;
    redeem.set_token(invited.body.token());
    redeem.set_name(name);
    redeem.set_password(PasswordOf(name));
    const auto redeemed = Browse<v1::LogInResponse>("Sessions/Redeem", redeem);
    EXPECT_TRUE(redeemed.status.ok()) << redeemed.status.error_message();
    return cookie_;
  }
  static std::string PasswordOf(const std::string& name) { return "battery staple of " + name; }
  Answer<v1::LogInResponse> LogIn(const std::string& name, const std::string& password,
                                  const std::string& code = "", const std::string& old = "") {
    v1::LogInRequest request;
    request.set_name(name);
    request.set_password(password);
    request.set_one_time_code(code);
    return Browse<v1::LogInResponse>("Sessions/LogIn", request, old);
  }
  // Whether the session still opens anything.
  bool IsOpen(const std::string& session) {
    return Browse<v1::GetSessionResponse>("Sessions/GetSession", v1::GetSessionRequest(), session)
        .status.ok();
  }
  // Texts of the history entries of that action.
  std::vector<std::string> EntriesOf(const std::string& action) {
    v1::ListEntriesRequest request;
    request.set_limit(1000);
    std::vector<std::string> entries;
    const auto answer =
        Call<v1::ListEntriesResponse>("History/ListEntries", request, "auditor-token");
    for (const auto& entry : answer.body.entries()) {
      if (entry.leaf().find("\"" + action + "\"") != std::string::npos)
        entries.push_back(entry.leaf());
    }
    return entries;
  }

  static Headers Bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / name, text));
  }

  platform::CurlHttpClient client_{"sekisho-test"};
  WorkerPool pool_{4, 64};
  std::unique_ptr<platform::HttpServer> web_;
  std::string origin_;
  std::string cookie_;  // that the last answer set
};

}  // namespace agent::api::testing
