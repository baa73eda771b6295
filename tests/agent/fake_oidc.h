#pragma once

#include <cjose/cjose.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/oidc/sign_on.h"
#include "platform/clock.h"
#include "platform/http_client.h"

namespace agent::oidc::testing {

using Jwk = std::shared_ptr<cjose_jwk_t>;

// An OpenID provider with one client, that issues whatever tokens a test wants. It stands in the
// place of the network.
class FakeProvider final : public platform::HttpClient {
 public:
  static constexpr const char* issuer = "https://login.test/realm";

  explicit FakeProvider(const platform::Clock& clock);

  policy::Result<platform::HttpResponse> Send(const platform::HttpRequest& request) override;

  // A browser that goes there, where somebody logs in, and what it brings back.
  SignOn::Answer Visit(const std::string& url);
  // A parameter of a URL's query; empty if it is not there.
  static std::string Parameter(const std::string& url, const std::string& name);

  // Signs by a new key, and publishes that one only; gives the one before.
  Jwk RotateKey(const std::string& id);

  // What it does with the next tokens.
  std::function<void(nlohmann::json& claims)> alter = [](auto&) {};
  std::function<void(nlohmann::json& header)> alter_header = [](auto&) {};
  Jwk signs_by;  // in place of the published key
  bool is_signed = true;

  nlohmann::json person{{"sub", "248289761001"},
                        {"preferred_username", "jane@example.org"},
                        {"groups", {"staff", "soc-approvers"}}};
  bool is_down = false;
  std::atomic<int> discoveries{0};
  std::vector<platform::HttpRequest> token_requests;

  static Jwk NewKey(const std::string& id, const std::string& type = "EC");

 private:
  struct Code {
    std::string nonce;
    std::string challenge;
  };
  std::string Token(const Code& code) const;
  platform::HttpResponse Exchange(const platform::HttpRequest& request);

  const platform::Clock& clock_;
  Jwk key_;
  std::map<std::string, Code> codes_;
};

}  // namespace agent::oidc::testing
