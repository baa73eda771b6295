#include "tests/agent/fake_oidc.h"

#include <utility>

#include "platform/encoding.h"
#include "policy/digest.h"

namespace agent::oidc::testing {
namespace {

using nlohmann::json;
using platform::HttpRequest;
using platform::HttpResponse;

std::string Decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

HttpResponse Answer(int status, const json& body) {
  HttpResponse response;
  response.status = status;
  response.body = body.dump();
  return response;
}

std::string Signed(const json& header, const std::string& claims, const cjose_jwk_t& key) {
  cjose_err error{};
  const std::shared_ptr<cjose_header_t> head(cjose_header_new(&error), cjose_header_release);
  for (const auto& [name, value] : header.items()) {
    if (value.is_string()) {
      cjose_header_set(head.get(), name.c_str(), value.get<std::string>().c_str(), &error);
    } else {
      cjose_header_set_raw(head.get(), name.c_str(), value.dump().c_str(), &error);
    }
  }
  const std::shared_ptr<cjose_jws_t> jws(
      cjose_jws_sign(&key, head.get(), reinterpret_cast<const std::uint8_t*>(claims.data()),
                     claims.size(), &error),
      cjose_jws_release);
  const char* compact = nullptr;
  cjose_jws_export(jws.get(), &compact, &error);
  return compact;
}

}  // namespace

FakeProvider::FakeProvider(const platform::Clock& clock) : clock_(clock) {
  static const Jwk first = NewKey("first", "RSA");  // to make one takes a while
  key_ = first;
}

Jwk FakeProvider::NewKey(const std::string& id, const std::string& type) {
  cjose_err error{};
  cjose_jwk_t* key =
      type == "RSA" ? cjose_jwk_create_RSA_random(
                          2048, reinterpret_cast<const std::uint8_t*>("\x01\x00\x01"), 3, &error)
      : type == "EC" ? cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error)
                     : cjose_jwk_create_oct_random(256, &error);
  cjose_jwk_set_kid(key, id.data(), id.size(), &error);
  return {key, cjose_jwk_release};
}

Jwk FakeProvider::RotateKey(const std::string& id) {
  return std::exchange(key_, NewKey(id));
}

std::string FakeProvider::Parameter(const std::string& url, const std::string& name) {
  for (std::size_t at = url.find('?'); at != std::string::npos; at = url.find('&', at + 1)) {
    if (url.compare(at + 1, name.size() + 1, name + "=") != 0) continue;
    const std::size_t begin = at + name.size() + 2;
    return Decoded(url.substr(begin, url.find('&', begin) - begin));
  }
  return "";
}

SignOn::Answer FakeProvider::Visit(const std::string& url) {
  const std::string code = "code-" + std::to_string(codes_.size());
  codes_[code] = {Parameter(url, "nonce"), Parameter(url, "code_challenge")};
  return {code, Parameter(url, "state"), issuer, ""};
}

std::string FakeProvider::Token(const Code& code) const {
  const auto now = clock_.Now().time_since_epoch().count();
  json claims = person;
  claims.update({{"iss", issuer},
                 {"aud", "sekisho"},
                 {"iat", now},
                 {"exp", now + 300},
                 {"auth_time", now},
                 {"nonce", code.nonce}});
  alter(claims);
  const Jwk key = signs_by ? signs_by : key_;
  cjose_err error{};
  json header{{"kid", cjose_jwk_get_kid(key.get(), &error)}};
  switch (cjose_jwk_get_kty(key.get(), &error)) {
    case CJOSE_JWK_KTY_RSA: header["alg"] = "RS256"; break;
    case CJOSE_JWK_KTY_EC: header["alg"] = "ES256"; break;
    default: header["alg"] = "HS256";
  }
  alter_header(header);
  if (!is_signed) {
    return platform::ToBase64Url(header.dump()) + "." + platform::ToBase64Url(claims.dump()) + ".";
  }
  return Signed(header, claims.dump(), *key);
}

HttpResponse FakeProvider::Exchange(const HttpRequest& request) {
  token_requests.push_back(request);
  const std::string form = "?" + request.body;
  const auto code = codes_.extract(Parameter(form, "code"));
  const auto digest = policy::Sha256Of(Parameter(form, "code_verifier"));
  const std::string challenge =
      platform::ToBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
  if (code.empty() || code.mapped().challenge != challenge ||
      Parameter(form, "redirect_uri") != "https://sekisho.test/single-sign-on") {
    return Answer(400, {{"error", "invalid_grant"}});
  }
  return Answer(200, {{"access_token", "secret-access"}, {"id_token", Token(code.mapped())}});
}

policy::Result<HttpResponse> FakeProvider::Send(const HttpRequest& request) {
  if (is_down) return policy::Fail(policy::ErrorCode::unavailable, "no connection");
  const std::string base = issuer;
  if (request.url == base + "/.well-known/openid-configuration") {
    ++discoveries;
    return Answer(200, {{"issuer", base},
                        {"authorization_endpoint", base + "/authorize"},
                        {"token_endpoint", base + "/token"},
                        {"jwks_uri", base + "/keys"}});
  }
  if (request.url == base + "/keys") {
    cjose_err error{};
    const std::shared_ptr<char> text(cjose_jwk_to_json(key_.get(), false, &error), std::free);
    // A symmetric key that somebody published is no reason to trust it.
    return Answer(200, {{"keys",
                         {json::parse(text.get()),
                          {{"kty", "oct"}, {"kid", "shared"}, {"k", "c2hhcmVkLXNlY3JldA"}}}}});
  }
  return Exchange(request);
}

}  // namespace agent::oidc::testing
