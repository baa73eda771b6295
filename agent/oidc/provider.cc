#include "agent/oidc/provider.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/oidc/form.h"
#include "platform/atomic_file.h"

namespace agent::oidc {
namespace {

using nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::chrono::seconds known_age_max = std::chrono::hours(1);
constexpr std::chrono::seconds key_search_pause = std::chrono::minutes(1);
// So that a provider that does not answer holds up one call now and then, and not all of them.
constexpr std::chrono::seconds failure_pause{10};
constexpr std::chrono::milliseconds deadline{10'000};
constexpr std::size_t body_size_max = 1024 * 1024;
constexpr std::size_t secret_size_max = 4096;

std::string TextOf(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// An endpoint with as good a scheme as the issuer's: in the clear only from this machine to itself,
// which the settings have seen to.
bool IsGoodUrl(const std::string& url, const std::string& issuer) {
  return url.starts_with("https://") ||
         (url.starts_with("http://") && issuer.starts_with("http://"));
}

}  // namespace

Result<std::string> Provider::Send(platform::HttpRequest request) {
  request.deadline = deadline;
  request.body_size_max = body_size_max;
  request.ca_file = settings_.ca_file;
  request.allow_private_addresses = settings_.allow_private;
  const std::string url = request.url;
  auto answer = client_.Send(request);
  if (!answer) {
    return Fail(ErrorCode::unavailable,
                "the sign-on provider can't be asked: " + url + ": " + answer.error().detail);
  }
  if (answer->status / 100 == 2) return std::move(answer->body);
  const std::string error = TextOf(json::parse(answer->body, nullptr, false), "error");
  return Fail(answer->status / 100 == 4 ? ErrorCode::unauthenticated : ErrorCode::unavailable,
              "the sign-on provider answered " + std::to_string(answer->status) +
                  (error.empty() ? "" : " (" + error + ")") + " at " + url +
                  "; nobody is logged in: begin again");
}

Result<std::string> Provider::Fetch(const std::string& url) {
  platform::HttpRequest request;
  request.url = url;
  return Send(std::move(request));
}

Result<Provider::Known> Provider::Discover() {
  const bool has_slash = settings_.issuer.ends_with('/');
  const std::string url =
      settings_.issuer + (has_slash ? "" : "/") + ".well-known/openid-configuration";
  const auto body = Fetch(url);
  if (!body) return tl::unexpected(body.error());
  const json document = json::parse(*body, nullptr, false);
  if (TextOf(document, "issuer") != settings_.issuer) {
    return Fail(ErrorCode::unavailable, url + " is not about the issuer " + settings_.issuer +
                                            "; oidc.issuer has to be exactly what it says");
  }
  Known known;
  known.authorization_endpoint = TextOf(document, "authorization_endpoint");
  known.token_endpoint = TextOf(document, "token_endpoint");
  known.names_itself =
      document.value("authorization_response_iss_parameter_supported", json()) == true;
  const std::string keys_url = TextOf(document, "jwks_uri");
  for (const std::string& each : {known.authorization_endpoint, known.token_endpoint, keys_url}) {
    if (!IsGoodUrl(each, settings_.issuer)) {
      return Fail(ErrorCode::unavailable, url + " lacks an endpoint, or has one without TLS");
    }
  }
  const auto keys_text = Fetch(keys_url);
  if (!keys_text) return tl::unexpected(keys_text.error());
  auto keys = KeySet::Parse(*keys_text);
  if (!keys) return Fail(ErrorCode::unavailable, keys_url + ": " + keys.error().detail);
  known.keys = std::move(*keys);
  known.at = clock_.SteadyNow();
  return known;
}

Result<Provider::Known> Provider::Ask(std::chrono::seconds age_max) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.SteadyNow();
  if (known_ && now - known_->at < age_max) return *known_;
  if (failed_at_ && now - *failed_at_ < failure_pause) {
    return Fail(ErrorCode::unavailable,
                "the sign-on provider could not be asked a moment ago; try again in a moment");
  }
  auto known = Discover();
  if (!known) {
    failed_at_ = clock_.SteadyNow();
    return known;
  }
  failed_at_.reset();
  known_ = *known;
  return known;
}

Result<std::string> Provider::AuthorizationEndpoint() {
  const auto known = Ask(known_age_max);
  if (!known) return tl::unexpected(known.error());
  return known->authorization_endpoint;
}

bool Provider::NamesItself() const {
  const std::lock_guard lock(mutex_);
  return known_ && known_->names_itself;
}

Result<std::string> Provider::Exchange(const std::string& endpoint, const std::string& code,
                                       const std::string& verifier,
                                       const std::string& redirect_uri) {
  platform::HttpRequest request;
  request.url = endpoint;
  request.method = platform::HttpMethod::post;
  request.content_type = "application/x-www-form-urlencoded";
  if (!settings_.client_secret_file.empty()) {
    auto secret = platform::ReadFile(settings_.client_secret_file, secret_size_max);
    if (!secret) return tl::unexpected(secret.error());
    while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
    // RFC 6749 section 2.3.1 has both encoded first.
    request.user = Encoded(settings_.client_id);
    request.password = Encoded(*secret);
  }
  request.body = Form({{"grant_type", "authorization_code"},
                       {"code", code},
                       {"redirect_uri", redirect_uri},
                       {"client_id", request.user.empty() ? settings_.client_id : ""},
                       {"code_verifier", verifier}});
  const auto answer = Send(std::move(request));
  if (!answer) return tl::unexpected(answer.error());
  std::string token = TextOf(json::parse(*answer, nullptr, false), "id_token");
  if (token.empty()) {
    return Fail(ErrorCode::unauthenticated, "the sign-on provider gave no ID token");
  }
  return token;
}

Result<IdToken> Provider::Redeem(const std::string& code, const std::string& verifier,
                                 const std::string& redirect_uri, const Expected& expected) {
  auto known = Ask(known_age_max);
  if (!known) return tl::unexpected(known.error());
  const auto token = Exchange(known->token_endpoint, code, verifier, redirect_uri);
  if (!token) return tl::unexpected(token.error());
  auto read = ReadIdToken(*token, known->keys, expected, clock_.Now());
  if (read || read.error().code != ErrorCode::not_found) return read;
  // The provider may have changed its keys since.
  known = Ask(key_search_pause);
  if (!known) return tl::unexpected(known.error());
  read = ReadIdToken(*token, known->keys, expected, clock_.Now());
  if (!read) return Fail(ErrorCode::unauthenticated, read.error().detail);
  return read;
}

}  // namespace agent::oidc
